import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Cluster } from '../../src/cluster/cluster.ts'
import type { FailureCode } from '../../src/release/failure.ts'
import { type TestCluster, testCluster } from '../sandbox/api-client.ts'
import { type FaultProxy, oddAnswers, openFaultProxy, type ProxiedRequest } from '../support/fault-proxy.ts'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'

jest.setTimeout(30_000)

const signal = new AbortController().signal
const service = `
apiVersion: v1
kind: Service
metadata: { name: my-api, namespace: shop }
spec: { selector: { app: my-api }, ports: [{ name: http, port: 80 }] }
`

type OddAnswer = keyof typeof oddAnswers

/** What an odd answer is when it comes each time: never an object, never a proven absence or lack of rights. */
const codes: Record<OddAnswer, FailureCode> = {
  'status 401': 'unauthorized',
  'status 403': 'forbidden',
  'status 404': 'bad-answer',
  'status 409': 'conflict',
  'status 410': 'conflict',
  'status 422': 'rejected',
  'status 500': 'server-error',
  'plain 404': 'bad-answer',
  'plain 503': 'server-error',
  redirect: 'bad-answer',
  'no content': 'bad-answer',
  html: 'bad-answer',
  'empty body': 'bad-answer',
  'empty object': 'bad-answer',
  null: 'bad-answer',
  'broken JSON': 'bad-answer',
  'garbage gzip': 'bad-answer',
  'not HTTP': 'bad-answer',
  'reset connection': 'unreachable',
  'cut body': 'unreachable',
}
const names = Object.keys(codes) as OddAnswer[]

let cluster: TestCluster
const proxies: FaultProxy[] = []
beforeEach(async () => {
  cluster = await testCluster()
  cluster.apply(service)
})
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
  await cluster.close()
})

/** through connects to the cluster through a proxy that gives an odd answer where `when` says so. */
async function through(name: OddAnswer, when: (request: ProxiedRequest) => boolean): Promise<Cluster> {
  const proxy = await openFaultProxy(cluster.url, (request) => (when(request) ? oddAnswers[name] : null))
  proxies.push(proxy)
  return connectTo(proxy.url, { random: () => 0, token: 'sandbox-admin-token' })
}

/** each asks through every odd answer at once: they wait between tries, each in its own time. */
const each = <T>(ask: (name: OddAnswer) => Promise<T>) =>
  Promise.all(names.map(async (name) => [name, await ask(name)] as const)).then(Object.fromEntries)

describe('an odd answer each time', () => {
  test('is a failure that says nothing about the object', async () => {
    const found = await each(async (name) => {
      const { code, details } = await failure(
        (await through(name, () => true)).workloads('shop', 'my-api', signal),
      )
      return { code, confirmed: details.confirmed ?? null }
    })
    expect(found).toEqual(
      Object.fromEntries(
        names.map((name) => [name, { code: codes[name], confirmed: name === 'status 403' ? false : null }]),
      ),
    )
  })
})

describe('one odd answer', () => {
  test('is asked again: a Service that is there is never absent', async () => {
    const found = await each(async (name) => {
      const door = await through(name, ({ index }) => index === 0)
      return door.workloads('shop', 'my-api', signal).then(
        (snapshot) => snapshot.service?.name ?? 'absent',
        ({ code, details }) => `${code} ${details.confirmed ?? ''}`.trim(),
      )
    })
    expect(found).toEqual(Object.fromEntries(names.map((name) => [name, 'my-api'])))
  })

  test('to a write is never taken for one that was done', async () => {
    const write = {
      holder: 'me',
      release: null,
      durationSeconds: 60,
      acquiredAt: 0,
      renewedAt: 0,
      transitions: 0,
    }
    const found = await each(async (name) => {
      const door = await through(name, ({ method }) => method === 'POST')
      const { code } = await failure(door.createLease('shop', `l-${names.indexOf(name)}`, write, signal))
      return code
    })
    expect(found).toEqual({
      ...codes,
      'status 404': 'not-found',
      'status 409': 'conflict',
      'plain 404': 'bad-answer',
    })
  })
})

describe('a right that is missing', () => {
  test('is confirmed by asking the authorizer about that very call', async () => {
    const restricted = await testCluster(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: some, namespace: shop }
rules: [{ apiGroups: [''], resources: [services], verbs: [get] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: some, namespace: shop }
subjects: [{ kind: ServiceAccount, name: ci, namespace: shop }]
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: some }
`)
    try {
      restricted.apply(service)
      const door = await connectTo(restricted.url, { token: 'sandbox-ci-token' })
      const { code, details } = await failure(door.workloads('shop', 'my-api', signal))
      expect({ code, ...details }).toMatchObject({ code: 'forbidden', confirmed: true, verb: 'list' })
      // Without the right to list, a 404 stands for itself.
      const gone = await door.workloads('shop', 'other', signal)
      expect(gone.service).toBeNull()
    } finally {
      await restricted.close()
    }
  })
})

test('a list that never ends is given up', async () => {
  const proxy = await openFaultProxy(cluster.url, ({ path }) =>
    path.includes('/services')
      ? {
          kind: 'answer',
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ kind: 'ServiceList', metadata: { continue: 'again' }, items: [] }),
        }
      : null,
  )
  proxies.push(proxy)
  const door = await connectTo(proxy.url)
  const { code } = await failure(door.list('/api/v1/namespaces/shop/services', signal))
  expect(code).toBe('bad-answer')
  expect(proxy.requests).toHaveLength(200)
})
