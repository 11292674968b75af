import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { type FaultProxy, oddAnswers, openFaultProxy } from './fault-proxy.ts'

let server: Server
let target: string
let proxy: FaultProxy
const arrived: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    arrived.push(`${request.method} ${request.url}`)
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 100 }).end('x'.repeat(100))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  proxy = await openFaultProxy(target)
})
afterEach(() => {
  proxy.choose(null)
  arrived.length = 0
})
afterAll(async () => {
  await proxy.close()
  server.closeAllConnections()
  server.close()
})

const get = async (path = '/a?b=1', ms = 2000) => {
  const response = await fetch(proxy.url + path, { signal: AbortSignal.timeout(ms), redirect: 'manual' })
  return { status: response.status, text: await response.text() }
}

describe('a proxy between a client and a server', () => {
  test('changes nothing until it is told to', async () => {
    expect(await get()).toEqual({ status: 200, text: 'x'.repeat(100) })
    expect(proxy.requests.at(-1)).toMatchObject({ method: 'GET', path: '/a?b=1', body: '', fault: null })
  })

  test.each([
    ['not HTTP', /fetch failed/],
    ['reset connection', /fetch failed/],
    ['cut body', /terminated/],
    ['garbage gzip', /terminated/],
  ] as const)('%s: the client gets an error, not an answer', async (name, message) => {
    proxy.choose(() => oddAnswers[name])
    await expect(get()).rejects.toThrow(message)
  })

  test.each([
    ['no content', { status: 204, text: '' }],
    ['redirect', { status: 302, text: '' }],
    ['empty object', { status: 200, text: '{}' }],
  ] as const)('%s comes in place of the server, which hears nothing', async (name, answer) => {
    proxy.choose(() => oddAnswers[name])
    expect(await get()).toEqual(answer)
    expect(arrived).toEqual([])
  })

  test('an answer is lost after the server had the request', async () => {
    proxy.choose(() => ({ kind: 'cut', done: true }))
    await expect(get('/write')).rejects.toThrow(/fetch failed/)
    expect(arrived).toEqual(['GET /write'])
  })

  test.each([
    ['a hanging call', { kind: 'hang' }],
    ['an endless body', { kind: 'endless' }],
    ['a trickling body', { kind: 'trickle', everyMs: 5 }],
  ] as const)("%s ends with the client's patience", async (_name, fault) => {
    proxy.choose(() => fault)
    await expect(get('/a', 200)).rejects.toThrow(/timeout/)
  })
})
