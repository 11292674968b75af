import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

/** Seen is one request as the server got it. */
export interface Seen {
  method: string
  /** Path and query, as sent. */
  url: string
  path: string
  query: URLSearchParams
  headers: http.IncomingHttpHeaders
  body: string
}

export interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string | string[]>
  /** The answer begins and never ends. */
  open?: boolean
}

/** A handler answers, or returns nothing and the request hangs. */
export type Handler = (seen: Seen) => Reply | undefined | 'cut'

export interface TestServer {
  url: string
  port: number
  seen: Seen[]
  answer: (handler: Handler) => void
  /** Whether a SelfSubjectAccessReview allows; null: the handler answers and sees them. By itself it denies. */
  reviews: (allowed: boolean | null) => void
  close: () => Promise<void>
}

/** serve starts a real HTTP(S) server on loopback that answers as the handler says. */
export async function serve(handler: Handler, tls?: https.ServerOptions): Promise<TestServer> {
  const seen: Seen[] = []
  let current = handler
  let allowed: boolean | null = false
  const listener: http.RequestListener = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const url = new URL(request.url ?? '/', 'http://x')
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    }
    const byItself = allowed !== null && one.path.endsWith('/selfsubjectaccessreviews')
    if (!byItself) seen.push(one)
    const reply = byItself ? review(allowed === true) : current(one)
    if (reply === 'cut') request.socket.destroy()
    else if (reply !== undefined) {
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {})
      const contentType = typeof reply.body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
      response.writeHead(reply.status, { 'Content-Type': contentType, ...reply.headers })
      if (reply.open) response.write(text)
      else response.end(text)
    }
  }
  const server = tls === undefined ? http.createServer(listener) : https.createServer(tls, listener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    seen,
    answer: (next) => {
      current = next
    },
    reviews: (next) => {
      allowed = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function review(allowed: boolean): Reply {
  return { status: 201, body: { kind: 'SelfSubjectAccessReview', status: { allowed } } }
}

/** absent answers as where an object doesn't exist: its name with a 404, the list of its kind with nothing. */
export function absent(seen: Pick<Seen, 'query'>, kind: string, message: string): Reply {
  return seen.query.has('fieldSelector')
    ? { status: 200, body: { kind: `${kind}List`, apiVersion: 'v1', metadata: {}, items: [] } }
    : status(404, 'NotFound', message)
}

/** status is the API server's error object. */
export function status(
  code: number,
  reason: string,
  message: string,
  details: Record<string, unknown> = {},
): Reply {
  return {
    status: code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason ? { reason } : {}),
      details,
      code,
    },
  }
}

export const notServed: Reply = { status: 404, body: '404 page not found\n' }

/** Istio as `GET /apis/networking.istio.io` shows it. */
export function discovery(...versions: string[]): Reply {
  return {
    status: 200,
    body: {
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'networking.istio.io',
      versions: versions.map((version) => ({ groupVersion: `networking.istio.io/${version}`, version })),
    },
  }
}
