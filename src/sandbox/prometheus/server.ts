import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bodyOf } from '../http/http.ts'
import type { PrometheusAnswer, PrometheusRequest } from './api.ts'

/**
 * PrometheusFault is a way in which Prometheus is not itself. `down`: connections are refused, nothing is
 * scraped. Else something between the caller and Prometheus answers, and scraping goes on: `unavailable` with a
 * 503, `hang` never, `html` with a login page and 200, `empty` with no series, `slow` after `ms` of real time.
 */
export type PrometheusFault =
  | { kind: 'down' | 'unavailable' | 'hang' | 'html' | 'empty' }
  | { kind: 'slow'; ms: number }

/** PrometheusAuth is what a caller has to show. */
export type PrometheusAuth = { bearer: string } | { username: string; password: string }

/** PrometheusServer serves the API on loopback, on a port that stays the same while it goes down and up. */
export interface PrometheusServer {
  url: string
  /** setFault breaks the server in a way; null heals it. */
  setFault(fault: PrometheusFault | null): Promise<void>
  fault(): PrometheusFault | null
  close(): Promise<void>
}

/** servePrometheus listens on 127.0.0.1. `now` is the time that it shows, ms since the epoch. */
export async function servePrometheus(
  answer: (request: PrometheusRequest) => PrometheusAnswer,
  { auth, now }: { auth: PrometheusAuth | null; now: () => number },
): Promise<PrometheusServer> {
  let fault: PrometheusFault | null = null
  const waiting = new Set<NodeJS.Timeout>()
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('date', new Date(now()).toUTCString())
    if (auth !== null && !allowed(request, auth)) return unauthorized(response)
    if (fault?.kind === 'hang') return
    const apiRequest = await requestOf(request)
    const reply = inTheWay(fault, apiRequest.path) ?? answer(apiRequest)
    if (fault?.kind !== 'slow') return send(response, reply)
    const timer = setTimeout(() => {
      waiting.delete(timer)
      send(response, reply)
    }, fault.ms)
    waiting.add(timer)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
      send(response, { status: 500, contentType: plainText, body: why })
    })
  })
  const port = await listenOn(server, 0)
  const stop = async (): Promise<void> => {
    for (const timer of waiting) clearTimeout(timer)
    waiting.clear()
    if (server.listening) await closed(server)
  }
  return {
    url: `http://127.0.0.1:${port}`,
    fault: () => fault,
    async setFault(next) {
      fault = next
      if (next?.kind === 'down') await stop()
      else if (!server.listening) await listenOn(server, port)
    },
    close: stop,
  }
}

interface Reply {
  status: number
  contentType: string
  body: string
}

const plainText = 'text/plain; charset=utf-8'

const loginPage =
  '<!doctype html><html><head><title>Sign in</title></head><body>Sign in to go on.</body></html>\n'

/** inTheWay gives what something before Prometheus answers in its place; null where nothing does. */
function inTheWay(fault: PrometheusFault | null, path: string): Reply | null {
  if (fault?.kind === 'unavailable') {
    return { status: 503, contentType: plainText, body: 'Service Unavailable\n' }
  }
  if (fault?.kind === 'html') return { status: 200, contentType: 'text/html; charset=utf-8', body: loginPage }
  if (fault?.kind !== 'empty' || !path.startsWith('/api/v1/query')) return null
  const resultType = path.endsWith('query_range') ? 'matrix' : 'vector'
  const body = JSON.stringify({ status: 'success', data: { resultType, result: [] } })
  return { status: 200, contentType: 'application/json', body }
}

async function requestOf(request: IncomingMessage): Promise<PrometheusRequest> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  const parameters = new URLSearchParams()
  const form = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  // What the form says comes first and counts, as with Go's FormValue.
  const sources = [form ? await bodyOf(request) : '', url.search]
  for (const source of sources) {
    for (const [name, value] of new URLSearchParams(source)) parameters.append(name, value)
  }
  return { method: request.method ?? 'GET', path: url.pathname, parameters }
}

function allowed(request: IncomingMessage, auth: PrometheusAuth): boolean {
  const wanted =
    'bearer' in auth
      ? `Bearer ${auth.bearer}`
      : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
  return request.headers.authorization === wanted
}

function unauthorized(response: ServerResponse): void {
  response.setHeader('www-authenticate', 'Basic')
  send(response, { status: 401, contentType: plainText, body: 'Unauthorized\n' })
}

function send(response: ServerResponse, { status, contentType, body }: Reply): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': String(Buffer.byteLength(body)),
  })
  response.end(body)
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
