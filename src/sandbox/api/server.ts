import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, type LoopbackServer, listen, send, sendJson, sendText } from '../http/http.ts'
import type { LoggedRequest } from '../http/request-log.ts'
import { ApiAnswer, injected, unauthorized } from './answers.ts'
import type { ApiServerOptions } from './options.ts'
import { type ApiServerReply, replyTo } from './replies.ts'
import { watchObjects } from './watch.ts'

/** serveApi answers as a Kubernetes API server does. */
export function serveApi(options: ApiServerOptions): Promise<LoopbackServer> {
  return listen(async (request, response) => {
    const entry = logged(options, request)
    response.setHeader('date', new Date(options.now()).toUTCString())
    response.on('finish', () => {
      entry.status = response.statusCode
    })
    entry.body = await bodyOf(request)
    const fault = options.faults.take(entry)
    if (fault === null) return deliver(options, response, await replied(options, request, entry))
    if ('status' in fault) {
      sendJson(response, fault.status, fault.body ?? injected(fault.status).body, { ...fault.headers })
    } else if ('delay' in fault) {
      await new Promise((resolve) => setTimeout(resolve, fault.delay))
      deliver(options, response, await replied(options, request, entry))
    } else {
      // The effect without its answer: what a client sees of a connection that is lost too late.
      if (fault.done === true) await replied(options, request, entry)
      if ('reset' in fault) request.socket.resetAndDestroy()
    }
  })
}

function logged(options: ApiServerOptions, request: IncomingMessage): LoggedRequest {
  const [path = '', ...query] = (request.url ?? '/').split('?')
  const identity = options.access.identify(request.headers.authorization)
  const entry: LoggedRequest = {
    server: 'kubernetes',
    at: options.now(),
    method: request.method ?? 'GET',
    path,
    query: query.join('?'),
    user: identity?.user ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    body: '',
    status: 0,
  }
  options.log.push(entry)
  return entry
}

async function replied(
  options: ApiServerOptions,
  request: IncomingMessage,
  entry: LoggedRequest,
): Promise<ApiServerReply> {
  try {
    const identity = options.access.identify(request.headers.authorization)
    if (identity === null) throw unauthorized()
    return await replyTo(options, {
      method: entry.method,
      path: entry.path,
      query: new URLSearchParams(entry.query),
      rawQuery: entry.query,
      body: entry.body,
      contentType: request.headers['content-type'] ?? '',
      userAgent: entry.userAgent,
      identity,
    })
  } catch (error) {
    if (!(error instanceof ApiAnswer)) throw error
    return error.body === null
      ? { code: error.code, text: error.message }
      : { code: error.code, json: error.body }
  }
}

function deliver({ store }: ApiServerOptions, response: ServerResponse, reply: ApiServerReply): void {
  if ('watch' in reply) watchObjects(store, reply.watch, response)
  else if ('json' in reply) sendJson(response, reply.code, reply.json, reply.headers)
  else if (reply.headers === undefined) sendText(response, reply.code, reply.text)
  else send(response, reply.code, reply.text, reply.headers)
}
