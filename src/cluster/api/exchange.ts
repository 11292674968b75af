import http from 'node:http'
import https from 'node:https'
import { Failure } from '../../release/failure.ts'
import type { ApiSession } from '../login/session.ts'
import { networkFailure } from './network-failure.ts'

/** KubeRequest is one HTTP request to the API server. */
export interface KubeRequest {
  method: string
  /** Path and query below the server's URL. */
  path: string
  body?: string
  contentType?: string
}

/** KubeResponse is what came back, whatever its status. */
export interface KubeResponse {
  status: number
  contentType: string
  /** Values of the `Warning` headers. */
  warnings: string[]
  /** Seconds that the server asks to wait; null where it doesn't. */
  retryAfter: number | null
  /** The `Date` header; null where there is none. */
  date: string | null
  text: string
}

/** An answer above this is no list page of ours. */
const answerLimit = 64 * 1024 * 1024

/**
 * sendRequest sends one request and reads the whole answer. `signal` bounds it: when it aborts, its reason is
 * thrown. Throws Failure `unreachable`, `bad-certificate`, `bad-answer`.
 */
export function sendRequest(
  session: ApiSession,
  ask: KubeRequest,
  userAgent: string,
  signal: AbortSignal,
): Promise<KubeResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<KubeResponse>()
  const fail = (error: unknown) => {
    if (signal.aborted) reject(signal.reason)
    else reject(error instanceof Failure ? error : networkFailure(error, session.peer))
  }
  const open = session.server.protocol === 'https:' ? https.request : http.request
  const request = open({ ...requestOptions(session, ask, userAgent), signal })
  request.once('error', fail)
  request.once('response', (response) => readResponse(response, ask.path, resolve, fail))
  request.end(ask.body)
  return promise
}

function requestOptions(
  { server, options, agent, headers }: ApiSession,
  { method, path, body, contentType = 'application/json' }: KubeRequest,
  userAgent: string,
): https.RequestOptions {
  const content =
    body === undefined ? {} : { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(body) }
  return {
    ...options,
    protocol: server.protocol,
    hostname: server.hostname.replace(/^\[|\]$/g, ''),
    ...(server.port ? { port: server.port } : {}),
    path: server.pathname.replace(/\/$/, '') + path,
    method,
    agent,
    headers: { Accept: 'application/json', 'User-Agent': userAgent, ...headers, ...content },
  }
}

/** readResponse gives `done` the whole answer to a request for `path`, or `fail` why there is none. */
function readResponse(
  response: http.IncomingMessage,
  path: string,
  done: (answer: KubeResponse) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= answerLimit) chunks.push(chunk)
    else response.destroy(new Failure('bad-answer', `the answer to ${path.split('?', 1)[0]} is over 64 MB`))
  })
  response.once('error', fail)
  response.once('end', () => {
    done({
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      warnings: response.headersDistinct.warning ?? [],
      retryAfter: secondsOf(response.headers['retry-after']),
      date: response.headers.date ?? null,
      text: Buffer.concat(chunks).toString('utf8'),
    })
  })
}

function secondsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,5}$/.test(header.trim()) ? Number(header) : null
}
