import type { IncomingMessage, ServerResponse } from 'node:http'
import { createFaults, type FaultKind, type Faults } from '../http/faults.ts'
import { bodyOf, listen, send } from '../http/http.ts'
import type { LoggedRequest } from '../http/request-log.ts'
import { answerForge, errorReply, type ForgeCall, type ForgeReply } from './routes.ts'
import { type ForgeState, newForge } from './state.ts'

/** ForgeServer is the part of GitHub's API that a release uses, over HTTP, as GitHub Enterprise serves it. */
export interface ForgeServer {
  url: string
  state: ForgeState
  faults: Faults
  close(): Promise<void>
}

/** serveForge starts it; requests go to `log`. `now` gives virtual time in ms. */
export async function serveForge(log: LoggedRequest[], now: () => number): Promise<ForgeServer> {
  const state = newForge()
  const faults = createFaults()
  const endpoint = await listen(async (request, response) => {
    const entry = logged(request, state, now())
    log.push(entry)
    response.on('finish', () => {
      entry.status = response.statusCode
    })
    entry.body = await bodyOf(request)
    const reply = (): ForgeReply => answerForge(state, callOf(request, entry, now()))
    const fault = faults.take(entry)
    if (fault === null) deliver(response, reply())
    else if ('status' in fault) deliver(response, broken(fault))
    else if ('delay' in fault) {
      await new Promise((resolve) => setTimeout(resolve, fault.delay))
      deliver(response, reply())
    } else {
      if (fault.done === true) reply()
      if ('reset' in fault) request.socket.resetAndDestroy()
    }
  })
  return { url: endpoint.url, state, faults, close: endpoint.close }
}

function callOf(request: IncomingMessage, entry: LoggedRequest, now: number): ForgeCall {
  return {
    method: entry.method,
    // GitHub Enterprise serves the same under a prefix.
    path: entry.path.replace(/^\/api\/v3(?=\/)/, '').replace(/^\/api\/graphql$/, '/graphql'),
    query: new URLSearchParams(entry.query),
    body: entry.body,
    authorization: request.headers.authorization ?? '',
    base: `http://${request.headers.host}`,
    now,
  }
}

function deliver(response: ServerResponse, { status, body, headers }: ForgeReply): void {
  const type = { 'content-type': 'application/json; charset=utf-8' }
  send(response, status, body === null ? '' : JSON.stringify(body), { ...type, ...headers })
}

function broken({ status, body, headers }: Extract<FaultKind, { status: number }>): ForgeReply {
  return {
    status,
    body: body ?? errorReply(titles[status] ?? 'Server Error', status).body,
    ...(headers === undefined ? {} : { headers: { ...headers } }),
  }
}

const titles: Record<number, string> = {
  403: 'Resource not accessible by integration',
  429: 'You have exceeded a secondary rate limit',
  500: 'Server Error',
  502: 'Server Error',
  503: 'Service Unavailable',
}

/** rateLimited is the fault of a primary rate limit that lasts `seconds` from `nowMs` (real time, ms) on. */
export function rateLimited(seconds: number, nowMs: number) {
  return {
    status: 403,
    headers: {
      'x-ratelimit-limit': '1000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(nowMs / 1000) + seconds),
    },
    body: errorReply('API rate limit exceeded for installation.', 403).body,
  }
}

function logged(request: IncomingMessage, state: ForgeState, at: number): LoggedRequest {
  const [path = '', ...query] = (request.url ?? '/').split('?')
  return {
    server: 'github',
    at,
    method: request.method ?? 'GET',
    path,
    query: query.join('?'),
    user: state.account.login,
    userAgent: request.headers['user-agent'] ?? '',
    body: '',
    status: 0,
  }
}
