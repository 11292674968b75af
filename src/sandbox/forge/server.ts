import type { IncomingMessage } from 'node:http'
import { createFaults, type Faults } from '../faults.ts'
import { bodyOf, listen, send } from '../http.ts'
import type { LoggedRequest } from '../request-log.ts'
import { answerForge, type ForgeReply, refused } from './routes.ts'
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
    const answer = (): ForgeReply =>
      answerForge(state, {
        method: entry.method,
        path: entry.path.replace(/^\/api\/v3(?=\/)/, '').replace(/^\/api\/graphql$/, '/graphql'),
        query: new URLSearchParams(entry.query),
        body: entry.body,
        authorization: request.headers.authorization ?? '',
        base: `http://${request.headers.host}`,
        now: now(),
      })
    const deliver = ({ status, body, headers }: ForgeReply): void => {
      const type = { 'content-type': 'application/json; charset=utf-8' }
      send(response, status, body === null ? '' : JSON.stringify(body), { ...type, ...headers })
    }
    const fault = faults.take(entry)
    if (fault === null) deliver(answer())
    else if ('status' in fault) {
      const shown =
        fault.body === undefined
          ? refused(titles[fault.status] ?? 'Server Error', fault.status).body
          : fault.body
      deliver({
        status: fault.status,
        body: shown,
        ...(fault.headers ? { headers: { ...fault.headers } } : {}),
      })
    } else if ('delay' in fault) {
      await new Promise((resolve) => setTimeout(resolve, fault.delay))
      deliver(answer())
    } else {
      if (fault.done === true) answer()
      if ('reset' in fault) request.socket.resetAndDestroy()
    }
  })
  return { url: endpoint.url, state, faults, close: endpoint.close }
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
    body: refused('API rate limit exceeded for installation.', 403).body,
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
