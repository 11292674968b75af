import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * ProxyFault is what happens to one request on its way. With `done` the server has received it and had its effect,
 * and only the answer is lost.
 */
export type ProxyFault =
  /** No answer, the connection stays open. */
  | { kind: 'hang'; done?: boolean }
  /** The connection is reset before any answer. */
  | { kind: 'cut'; done?: boolean }
  /** The true answer, reset after so many bytes of its body. */
  | { kind: 'cut-body'; bytes: number }
  /** The true answer, one byte of its body each so many ms of real time. */
  | { kind: 'trickle'; everyMs: number }
  /** Bytes that are not HTTP. */
  | { kind: 'garbage' }
  /** Another answer instead of the server's. */
  | { kind: 'answer'; status: number; headers?: Readonly<Record<string, string>>; body?: string | Buffer }
  /** The true answer, its body changed. */
  | { kind: 'change'; change: (body: string) => string }
  /** An answer whose body never ends. */
  | { kind: 'endless' }

/** ProxiedRequest is what a fault is chosen by. */
export interface ProxiedRequest {
  /** How many requests came before. */
  index: number
  method: string
  /** With the query. */
  path: string
  body: string
}

/** FaultProxy stands between a client and one HTTP server on loopback. */
export interface FaultProxy {
  url: string
  /** requests are all that came, in order, with what was done to each. */
  requests: readonly (ProxiedRequest & { fault: ProxyFault | null })[]
  /** choose decides from now on; null lets everything through. */
  choose(fault: ((request: ProxiedRequest) => ProxyFault | null) | null): void
  close(): Promise<void>
}

const json = { 'content-type': 'application/json' }
const statusBody = (code: number, reason: string, message = 'odd answer') =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message })
const forbiddenText = 'x is forbidden: User "ci" cannot list resource "x" in API group ""'

/** oddAnswers are answers that a proxy, a load balancer or a broken server gives in place of the true one. */
export const oddAnswers = {
  'status 401': { kind: 'answer', status: 401, headers: json, body: statusBody(401, 'Unauthorized') },
  'status 403': {
    kind: 'answer',
    status: 403,
    headers: json,
    body: statusBody(403, 'Forbidden', forbiddenText),
  },
  'status 404': { kind: 'answer', status: 404, headers: json, body: statusBody(404, 'NotFound') },
  'status 409': { kind: 'answer', status: 409, headers: json, body: statusBody(409, 'Conflict') },
  'status 410': { kind: 'answer', status: 410, headers: json, body: statusBody(410, 'Expired') },
  'status 422': { kind: 'answer', status: 422, headers: json, body: statusBody(422, 'Invalid') },
  'status 500': { kind: 'answer', status: 500, headers: json, body: statusBody(500, 'InternalError') },
  'plain 404': { kind: 'answer', status: 404, headers: { 'content-type': 'text/plain' }, body: 'not found' },
  'plain 503': { kind: 'answer', status: 503, headers: { 'content-type': 'text/plain' }, body: 'no backend' },
  redirect: { kind: 'answer', status: 302, headers: { location: 'http://127.0.0.1:9/login' } },
  'no content': { kind: 'answer', status: 204 },
  html: {
    kind: 'answer',
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<html><title>Sign in</title></html>',
  },
  'empty body': { kind: 'answer', status: 200, headers: json, body: '' },
  'empty object': { kind: 'answer', status: 200, headers: json, body: '{}' },
  null: { kind: 'answer', status: 200, headers: json, body: 'null' },
  'broken JSON': { kind: 'answer', status: 200, headers: json, body: '{"kind":"List","items":[' },
  'garbage gzip': {
    kind: 'answer',
    status: 200,
    headers: { ...json, 'content-encoding': 'gzip' },
    body: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8]),
  },
  'not HTTP': { kind: 'garbage' },
  'reset connection': { kind: 'cut' },
  'cut body': { kind: 'cut-body', bytes: 20 },
} as const satisfies Record<string, ProxyFault>

/** openFaultProxy starts a proxy on loopback for the server at `target` (its URL); without a choice it changes nothing. */
export async function openFaultProxy(
  target: string,
  choose: ((request: ProxiedRequest) => ProxyFault | null) | null = null,
): Promise<FaultProxy> {
  let decide = choose
  const requests: (ProxiedRequest & { fault: ProxyFault | null })[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const seen = { index: requests.length, method: request.method ?? '', path: request.url ?? '', body }
    const fault = decide?.(seen) ?? null
    requests.push({ ...seen, fault })
    await answer({ target, request, body, response }, fault)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    choose: (next) => {
      decide = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Exchange {
  target: string
  request: IncomingMessage
  body: string
  response: ServerResponse
}

async function answer(exchange: Exchange, fault: ProxyFault | null): Promise<void> {
  const { response } = exchange
  if (fault === null) return relay(exchange, (chunk) => void response.write(chunk))
  switch (fault.kind) {
    case 'hang':
      return fault.done ? void (await forward(exchange)) : undefined
    case 'cut':
      if (fault.done) await forward(exchange)
      return void response.socket?.resetAndDestroy()
    case 'garbage':
      return void response.socket?.end('\u0000\u0001 this is not HTTP\r\n\r\n')
    case 'answer':
      return void response.writeHead(fault.status, fault.headers).end(fault.body)
    case 'endless':
      return endless(response)
    case 'change': {
      const { status, headers, body } = await forward(exchange)
      const { 'content-length': _length, ...kept } = headers
      return void response.writeHead(status, kept).end(fault.change(body.toString('utf8')))
    }
    case 'cut-body':
      return relay(exchange, (chunk) => {
        response.write(chunk.subarray(0, fault.bytes), () => response.socket?.resetAndDestroy())
      })
    case 'trickle':
      return relay(exchange, async (chunk) => {
        for (const byte of chunk) {
          if (response.destroyed) return
          response.write(Buffer.from([byte]))
          await new Promise((resolve) => setTimeout(resolve, fault.everyMs))
        }
      })
  }
}

/** relay gives the server's answer on, its body through `write`. */
async function relay(exchange: Exchange, write: (body: Buffer) => void | Promise<void>): Promise<void> {
  const { response } = exchange
  const { status, headers, body } = await forward(exchange)
  // The body's length is said again, so that a body that was cut shows as cut.
  response.writeHead(status, headers)
  if (body.length > 0) await write(body)
  response.end()
}

function forward({ target, request, body }: Exchange) {
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: Buffer }>(
    (resolve, reject) => {
      const { connection: _hop, ...headers } = request.headers
      const onward = send(new URL(request.url ?? '/', target), {
        method: request.method,
        headers,
        agent: false,
      })
      onward.once('error', reject)
      onward.once('response', async (answered) => {
        const chunks: Buffer[] = []
        for await (const chunk of answered) chunks.push(chunk as Buffer)
        const { 'transfer-encoding': _chunked, connection: _end, ...kept } = answered.headers
        resolve({ status: answered.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) })
      })
      onward.end(body)
    },
  )
}

/** endless writes as fast as the client reads, until it goes away. */
function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(1 << 20, ' ')
  response.writeHead(200, json)
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', write)
  }
  write()
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
