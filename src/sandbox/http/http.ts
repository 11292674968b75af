import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** LoopbackServer is a server that listens on loopback, on a port that the system chose. */
export interface LoopbackServer {
  url: string
  /** close ends the server and every connection; it resolves when nothing is left open. */
  close(): Promise<void>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** listen serves HTTP on 127.0.0.1; a handler that throws is answered with 500 and the error's text. */
export async function listen(handler: Handler): Promise<LoopbackServer> {
  const server = createServer({ keepAliveTimeout: 30_000 }, (request, response) => {
    handler(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else sendText(response, 500, error instanceof Error ? error.message : String(error))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** bodyOf reads a request's body as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** sendJson answers with a JSON body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string | string[]> = {},
): void {
  send(response, status, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

/** sendText answers with plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  send(response, status, text, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  })
}

/** send answers with a text as it is. */
export function send(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string | string[]>,
): void {
  if (response.destroyed) return
  response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(text)) })
  response.end(text)
}
