import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'
import { type Reply, serve, status, type TestServer } from './helpers/server.ts'

const version = { major: '1', minor: '34', gitVersion: 'v1.34.1' }
const fine: Reply = { status: 200, body: version }
const lease = { holder: 'a', release: null, durationSeconds: 30, acquiredAt: 0, renewedAt: 0, transitions: 0 }
const signal = new AbortController().signal

let server: TestServer
beforeAll(async () => {
  server = await serve(() => fine)
})
afterAll(() => server.close())
beforeEach(() => {
  server.seen.length = 0
  server.answer(() => fine)
})

/** answers gives one reply after another, then the last for ever. */
function answers(...replies: (Reply | 'cut' | undefined)[]): void {
  let next = 0
  server.answer(() => replies[Math.min(next++, replies.length - 1)])
}

describe('a call', () => {
  test('that is never answered ends with a timeout, read or write', async () => {
    answers(undefined)
    const cluster = await connectTo(server.url, { callTimeout: 50 })
    const read = await failure(cluster.serverVersion(signal))
    expect([read.code, read.message]).toEqual(['timeout', expect.stringMatching(/\/version within 50 ms/)])
    expect((await failure(cluster.createLease('shop', 'x', lease, signal))).code).toBe('timeout')
  })

  test('whose answer stops in the middle ends with a timeout', async () => {
    server.answer(() => ({ status: 200, body: '{', open: true }))
    const cluster = await connectTo(server.url, { callTimeout: 50 })
    expect((await failure(cluster.serverVersion(signal))).code).toBe('timeout')
  })

  test('is given up at once when the caller’s signal aborts', async () => {
    answers(undefined)
    const cluster = await connectTo(server.url)
    const controller = new AbortController()
    const work = failure(cluster.serverVersion(controller.signal))
    controller.abort(new Error('enough'))
    expect((await work).code).toBe('aborted')
    expect((await failure(cluster.serverVersion(controller.signal))).code).toBe('aborted')
  })

  test('is given up while it waits to try again', async () => {
    const controller = new AbortController()
    server.answer(() => {
      queueMicrotask(() => controller.abort())
      return { ...status(503, 'ServiceUnavailable', 'later'), headers: { 'Retry-After': '5' } }
    })
    const cluster = await connectTo(server.url)
    expect((await failure(cluster.serverVersion(controller.signal))).code).toBe('aborted')
  })
})

describe('a read is tried again', () => {
  test.each<[string, Reply | 'cut']>([
    ['after a cut connection', 'cut'],
    ['after 500', status(500, 'InternalError', 'etcdserver: leader changed')],
    ['after 503', { status: 503, body: 'upstream connect error' }],
    ['after 429', status(429, 'TooManyRequests', 'too many requests')],
  ])('%s', async (_name, first) => {
    answers(first, fine)
    const cluster = await connectTo(server.url, { random: () => 0 })
    expect(await cluster.serverVersion(signal)).toEqual(version)
    expect(server.seen).toHaveLength(2)
  })

  test('until its own time is up, and then says what it met', async () => {
    answers(status(503, 'ServiceUnavailable', 'apiserver is shutting down'))
    const cluster = await connectTo(server.url, { callTimeout: 600, random: () => 0 })
    const error = await failure(cluster.serverVersion(signal))
    expect([error.code, error.message]).toEqual(['server-error', expect.stringMatching(/shutting down/)])
    expect(server.seen.length).toBeGreaterThan(1)
  })

  test('not before the server asked for it', async () => {
    answers({ ...status(429, 'TooManyRequests', 'slow down'), headers: { 'Retry-After': '30' } }, fine)
    const cluster = await connectTo(server.url, { callTimeout: 400 })
    expect((await failure(cluster.serverVersion(signal))).message).toMatch(/429.*slow down/)
    expect(server.seen).toHaveLength(1)
  })

  test('never after an answer that would stay the same', async () => {
    answers(status(403, 'Forbidden', 'User "ci" cannot get path "/version"'))
    const cluster = await connectTo(server.url)
    expect((await failure(cluster.serverVersion(signal))).code).toBe('forbidden')
    expect(server.seen).toHaveLength(1)
  })
})

describe('a write', () => {
  test.each<[string, Reply | 'cut']>([
    ['cut off', 'cut'],
    ['answered with 500', status(500, 'InternalError', 'x')],
    ['answered with 503', { status: 503, body: 'upstream connect error' }],
  ])('that is %s is not repeated: it may have been done', async (_name, reply) => {
    const cluster = await connectTo(server.url)
    answers(reply, fine)
    await failure(cluster.createLease('shop', 'x', lease, signal))
    expect(server.seen).toHaveLength(1)
  })

  test('that the server was too busy to begin is tried again', async () => {
    const cluster = await connectTo(server.url, { random: () => 0 })
    const made = { kind: 'Lease', metadata: { name: 'x', resourceVersion: '5' }, spec: {} }
    answers(status(429, 'TooManyRequests', 'too many requests'), { status: 201, body: made })
    expect(await cluster.createLease('shop', 'x', lease, signal)).toMatchObject({ resourceVersion: '5' })
    expect(server.seen.map(({ method }) => method)).toEqual(['POST', 'POST'])
  })
})

test('a server that is not there is unreachable', async () => {
  const gone = await serve(() => fine)
  await gone.close()
  const cluster = await connectTo(gone.url, { callTimeout: 400 })
  const error = await failure(cluster.serverVersion(signal))
  expect([error.code, error.message]).toEqual(['unreachable', expect.stringMatching(/nothing listens there/)])
})
