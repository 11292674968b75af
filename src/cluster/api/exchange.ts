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
  const { server } = session
  const request = (server.protocol === 'https:' ? https : http).request({
    ...session.options,
    protocol: server.protocol,
    hostname: server.hostname.replace(/^\[|\]$/g, ''),
    ...(server.port ? { port: server.port } : {}),
    path: server.pathname.replace(/\/$/, '') + ask.path,
    method: ask.method,
    agent: session.agent,
    headers: {
      Accept: 'application/json',
      'User-Agent': userAgent,
      ...session.headers,
      ...(ask.body === undefined
        ? {}
        : {
            'Content-Type': ask.contentType ?? 'application/json',
            'Content-Length': Buffer.byteLength(ask.body),
          }),
    },
    signal,
  })
  const fail = (error: unknown) => {
    if (signal.aborted) reject(signal.reason)
    else reject(error instanceof Failure ? error : networkFailure(error, session.peer))
  }
  request.once('error', fail)
  request.once('response', (response) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > answerLimit) {
        response.destroy(
          new Failure('bad-answer', `the answer to ${ask.path.split('?', 1)[0]} is over 64 MB`),
        )
      } else chunks.push(chunk)
    })
    response.once('error', fail)
    response.once('end', () => {
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        warnings: response.headersDistinct.warning ?? [],
        retryAfter: secondsOf(response.headers['retry-after']),
        text: Buffer.concat(chunks).toString('utf8'),
      })
    })
  })
  request.end(ask.body)
  return promise
}

function secondsOf(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,5}$/.test(header.trim()) ? Number(header) : null
}
