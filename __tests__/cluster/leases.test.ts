import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { toMicroTime } from '../../src/cluster/resources/leases.ts'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'
import { absent, serve, status, type TestServer } from './helpers/server.ts'

const signal = new AbortController().signal
const acquiredAt = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
const spec = {
  holder: 'run-1/1',
  release: 'r-1',
  durationSeconds: 30,
  acquiredAt,
  renewedAt: acquiredAt + 5000,
  transitions: 2,
}
const stored = {
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: {
    name: 'l',
    namespace: 'shop',
    resourceVersion: '9',
    annotations: { 'shiftgate.io/release': 'r-1' },
  },
  spec: {
    holderIdentity: 'run-1/1',
    leaseDurationSeconds: 30,
    acquireTime: '2026-01-02T03:04:05.006000Z',
    renewTime: '2026-01-02T03:04:10.006000Z',
    leaseTransitions: 2,
  },
}
const view = {
  holder: 'run-1/1',
  release: 'r-1',
  durationSeconds: 30,
  renewTime: '2026-01-02T03:04:10.006000Z',
  transitions: 2,
  resourceVersion: '9',
}

let server: TestServer
let cluster: Cluster
beforeAll(async () => {
  server = await serve(() => ({ status: 200, body: stored }))
  cluster = await connectTo(server.url)
})
afterAll(() => server.close())
beforeEach(() => {
  server.seen.length = 0
  server.answer(() => ({ status: 200, body: stored }))
})
const sent = () => JSON.parse(server.seen.at(-1)?.body ?? 'null')
const asked = () => `${server.seen.at(-1)?.method} ${server.seen.at(-1)?.url}`
const at = '/apis/coordination.k8s.io/v1/namespaces/shop/leases'

test('every time has six digits of a second and means the same moment', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
      const text = toMicroTime(date.getTime())
      return /\.\d{6}Z$/.test(text) && Date.parse(text) === date.getTime()
    }),
  )
})

describe('a Lease', () => {
  test('is read, and null where there is none', async () => {
    expect(await cluster.lease('shop', 'l', signal)).toEqual(view)
    expect(asked()).toBe(`GET ${at}/l`)
    server.answer((seen) => absent(seen, 'Lease', 'leases.coordination.k8s.io "l" not found'))
    expect(await cluster.lease('shop', 'l', signal)).toBeNull()
  })

  test('of another program reads as without a release; a released one as without a holder', async () => {
    const metadata = { name: 'l', namespace: 'shop', resourceVersion: '1' }
    server.answer(() => ({ status: 200, body: { ...stored, metadata, spec: { renewTime: 'x' } } }))
    expect(await cluster.lease('shop', 'l', signal)).toEqual({
      holder: '',
      release: null,
      durationSeconds: 0,
      renewTime: 'x',
      transitions: 0,
      resourceVersion: '1',
    })
  })

  test('is created with its holder, release and times', async () => {
    server.answer(() => ({ status: 201, body: stored }))
    expect(await cluster.createLease('shop', 'l', spec, signal)).toEqual(view)
    const { resourceVersion, ...metadata } = stored.metadata
    expect([asked(), sent(), resourceVersion]).toEqual([`POST ${at}`, { ...stored, metadata }, '9'])
  })

  test('that somebody created first says so', async () => {
    server.answer(() => status(409, 'AlreadyExists', 'leases.coordination.k8s.io "l" already exists'))
    expect((await failure(cluster.createLease('shop', 'l', spec, signal))).code).toBe('already-exists')
  })

  test('is swapped at its resourceVersion, leaving what others put there', async () => {
    expect(await cluster.updateLease('shop', 'l', spec, '8', signal)).toEqual(view)
    expect(asked()).toBe(`PATCH ${at}/l`)
    expect(server.seen.at(-1)?.headers['content-type']).toBe('application/merge-patch+json')
    expect(sent()).toEqual({
      metadata: { resourceVersion: '8', annotations: { 'shiftgate.io/release': 'r-1' } },
      spec: stored.spec,
    })
    server.answer(() => status(409, 'Conflict', 'the object has been modified'))
    expect((await failure(cluster.updateLease('shop', 'l', spec, '8', signal))).code).toBe('conflict')
  })

  test('keeps the release that it names where a write names none', async () => {
    await cluster.updateLease('shop', 'l', { ...spec, release: null }, '8', signal)
    expect(sent().metadata).toEqual({ resourceVersion: '8', annotations: {} })
  })

  test('is released by a swap', async () => {
    for (const release of [null, 'r-1']) {
      await cluster.releaseLease('shop', 'l', release, '9', signal)
      expect(sent()).toEqual({
        metadata: { resourceVersion: '9', annotations: { 'shiftgate.io/release': release } },
        spec: { holderIdentity: null, leaseDurationSeconds: 1 },
      })
    }
  })

  test('never lasts less than a second', async () => {
    await cluster.updateLease('shop', 'l', { ...spec, durationSeconds: 0.2 }, '8', signal)
    expect(sent().spec.leaseDurationSeconds).toBe(1)
  })
})
