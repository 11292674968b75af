import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Cluster, connect } from '../../src/cluster/cluster.ts'
import type { JsonPatchOperation, KubeObject, ObjectRef, Write } from '../../src/release/kubernetes.ts'
import { serveApi } from '../../src/sandbox/api/server.ts'
import { adminToken, ciToken, createAccess } from '../../src/sandbox/cluster/access.ts'
import { readRbac } from '../../src/sandbox/cluster/rbac.ts'
import { createStore, writeSystem } from '../../src/sandbox/cluster/store.ts'
import { createFaults, type Faults } from '../../src/sandbox/http/faults.ts'
import type { LoopbackServer } from '../../src/sandbox/http/http.ts'
import { contentAccess, kubeconfig, options } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'

// The server answers as measured on a real one (the contract suite holds it to that); here the door meets it.
const signal = new AbortController().signal
const ref: ObjectRef = { kind: 'VirtualService', namespace: 'shop', name: 'my-api' }
const object: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'my-api', namespace: 'shop' },
  spec: {
    hosts: ['my-api.shop.svc.cluster.local'],
    http: [
      {
        route: [
          { destination: { host: 'my-api', subset: 'v1' }, weight: 100 },
          { destination: { host: 'my-api', subset: 'v2' }, weight: 0 },
        ],
      },
    ],
  },
}
const rights = `
kind: Role
metadata: {name: release, namespace: shop}
rules:
- {apiGroups: [networking.istio.io], resources: [virtualservices, destinationrules], verbs: [get, list]}
---
kind: RoleBinding
metadata: {name: release, namespace: shop}
roleRef: {kind: Role, name: release}
subjects: [{kind: User, name: ci}]
`

let server: LoopbackServer
let faults: Faults
let admin: Cluster
let ci: Cluster
beforeAll(async () => {
  faults = createFaults()
  const store = createStore(() => Date.now())
  for (const name of ['shop', 'web']) {
    writeSystem(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  const access = createAccess(readRbac(rights))
  server = await serveApi({ store, access, faults, log: [], now: () => Date.now(), backend: () => null })
  const as = (token: string) => connect(contentAccess(kubeconfig({ server: server.url }, { token })), options)
  admin = await as(adminToken)
  ci = await as(ciToken)
  await write({ action: 'create', ref, object, summary: '' })
})
afterAll(() => server.close())
beforeEach(() => faults.clear())

function write(one: Write, dryRun = false) {
  return admin.write(one, { dryRun }, signal)
}

function patch(...operations: JsonPatchOperation[]): Write {
  return { action: 'patch', ref, patch: operations, result: object, summary: '' }
}

async function read(): Promise<KubeObject> {
  const found = await admin.object(ref, signal)
  if (found === null) throw new Error('the object is gone')
  return found
}

const at = (version: string): JsonPatchOperation => ({
  op: 'replace',
  path: '/metadata/resourceVersion',
  value: version,
})
const weigh = (value: number): JsonPatchOperation => ({
  op: 'replace',
  path: '/spec/http/0/route/1/weight',
  value,
})

describe('a write', () => {
  test('at the state that it was planned on is done; planned on an older one it is a conflict', async () => {
    const version = (await read()).metadata.resourceVersion ?? ''
    const first = await write(patch(at(version), weigh(10)))
    expect(first.object.metadata.resourceVersion).not.toBe(version)
    expect((await failure(write(patch(at(version), weigh(50))))).code).toBe('conflict')
    const missed = patch({ op: 'test', path: '/spec/http/0/route/1/weight', value: 99 }, weigh(50))
    expect((await failure(write(missed))).code).toBe('conflict')
  })

  test('with an unknown field is refused by the dry run and warned about by the write', async () => {
    const misspelt = patch({ op: 'add', path: '/spec/http/0/wieght', value: 1 })
    const error = await failure(write(misspelt, true))
    expect([error.code, error.message]).toEqual([
      'rejected',
      expect.stringMatching(/unknown field "spec\.http\[0\]\.wieght"$/),
    ])
    expect((await write(misspelt)).warnings).toEqual(['unknown field "spec.http[0].wieght"'])
  })

  test('that Istio refuses says why', async () => {
    const error = await failure(write(patch(weigh(-1))))
    expect([error.code, error.message]).toEqual(['rejected', expect.stringMatching(/weight -1 < 0/)])
  })

  test('of what exists, or into a namespace that does not, says so', async () => {
    expect((await failure(write({ action: 'create', ref, object, summary: '' }))).code).toBe('already-exists')
    const elsewhere = { ...object, metadata: { name: 'my-api', namespace: 'nowhere' } }
    const lost = await failure(
      write({ action: 'create', ref: { ...ref, namespace: 'nowhere' }, object: elsewhere, summary: '' }),
    )
    expect([lost.code, lost.message]).toEqual(['not-found', expect.stringMatching(/no namespace nowhere/)])
  })

  test('whose answer was lost has happened once, and reading shows it', async () => {
    const { metadata } = await read()
    faults.fail(({ method }) => method === 'PATCH', { reset: true, done: true })
    const spec = patch(at(metadata.resourceVersion ?? ''), weigh(33))
    expect((await failure(write(spec))).code).toBe('unreachable')
    expect(await read()).toMatchObject({ spec: { http: [{ route: [{}, { weight: 33 }] }] } })
    expect((await failure(write(spec))).code).toBe('conflict')
  })

  test('without the right is told as such, and could be asked before', async () => {
    const questions = [
      { verb: 'get', group: 'networking.istio.io', resource: 'virtualservices', namespace: 'shop' },
      { verb: 'patch', group: 'networking.istio.io', resource: 'virtualservices', namespace: 'shop' },
    ]
    expect(await ci.can(questions, signal)).toEqual([true, false])
    const error = await failure(ci.write(patch(weigh(1)), { dryRun: false }, signal))
    expect([error.code, error.message]).toEqual([
      'forbidden',
      expect.stringMatching(/user "ci" may not patch virtualservices/),
    ])
  })
})

test('routes are read from the namespaces that may be read', async () => {
  const snapshot = await ci.routing('shop', signal)
  const names = snapshot.objects.filter(({ kind }) => kind === 'VirtualService')
  expect([names.map(({ metadata }) => metadata.name), snapshot.unreadable]).toEqual([['my-api'], ['*']])
  expect((await admin.routing('shop', signal)).unreadable).toEqual([])
})

test('a Lease goes from holder to holder, never to two', async () => {
  const spec = {
    holder: 'a',
    release: 'r1',
    durationSeconds: 30,
    acquiredAt: 1000,
    renewedAt: 1000,
    transitions: 0,
  }
  const first = await admin.createLease('shop', 'l', spec, signal)
  expect([first.holder, first.release, first.renewTime]).toEqual(['a', 'r1', '1970-01-01T00:00:01.000000Z'])
  const rivals = ['b', 'c', 'd'].map((holder) =>
    admin.updateLease(
      'shop',
      'l',
      { ...spec, holder, release: 'r2', transitions: 1 },
      first.resourceVersion,
      signal,
    ),
  )
  const results = await Promise.allSettled(rivals)
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const now = await admin.lease('shop', 'l', signal)
  await admin.releaseLease('shop', 'l', null, now?.resourceVersion ?? '', signal)
  expect(await admin.lease('shop', 'l', signal)).toMatchObject({
    holder: '',
    release: null,
    durationSeconds: 1,
  })
  expect(
    (await failure(admin.releaseLease('shop', 'l', null, now?.resourceVersion ?? '', signal))).code,
  ).toBe('conflict')
})
