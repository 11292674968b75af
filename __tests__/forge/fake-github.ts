import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Call is one request as it arrived. */
export interface Call {
  method: string
  path: string
  body: unknown
  authorization: string | undefined
  userAgent: string | undefined
}

/** Reply is an answer; `hang`: none ever comes; `reset`: the connection breaks. */
export type Reply = { status: number; body?: unknown; headers?: Record<string, string> } | 'hang' | 'reset'

export interface FakeComment {
  id: number
  body: string
  issue_url: string
  html_url: string
  user: { login: string; type: string } | null
}

/**
 * FakeGitHub is one repository (shop/my-api) over HTTP on loopback: issue comments in pages, pull requests of
 * commits. `on` puts replies in the way of the next calls, one each; `after` lets the call happen first.
 */
export class FakeGitHub {
  readonly calls: Call[] = []
  readonly comments: FakeComment[] = []
  login = 'github-actions[bot]'
  /** What GraphQL says of who asks; null: it isn't served. */
  viewer: string | null = 'github-actions[bot]'
  readonly #server = createServer((request, response) => this.#serve(request, response))
  readonly #replies: { method: string; path: RegExp; reply: Reply; after: boolean }[] = []
  #ids = 1000

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  on(method: string, path: RegExp, ...replies: Reply[]): void {
    for (const reply of replies) this.#replies.push({ method, path, reply, after: false })
  }

  after(method: string, path: RegExp, reply: Reply): void {
    this.#replies.push({ method, path, reply, after: true })
  }

  addComment(body: string, login: string, type = 'User', issue = 7): FakeComment {
    const id = this.#ids++
    const issue_url = `https://github.test/repos/shop/my-api/issues/${issue}`
    const comment = { id, body, issue_url, html_url: `https://github.test/c/${id}`, user: { login, type } }
    this.comments.push(comment)
    return comment
  }

  /** count gives how many calls of a method went to a path. */
  count(method: string, path: RegExp): number {
    return this.calls.filter((call) => call.method === method && path.test(call.path)).length
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const method = request.method ?? ''
    const path = request.url ?? ''
    const body = text === '' ? null : JSON.parse(text)
    this.calls.push({
      method,
      path,
      body,
      authorization: request.headers.authorization,
      userAgent: request.headers['user-agent'],
    })
    const index = this.#replies.findIndex((one) => one.method === method && one.path.test(path))
    const planned = index < 0 ? null : (this.#replies.splice(index, 1)[0] ?? null)
    if (planned?.after) this.#route(method, path, body)
    const reply = planned === null ? this.#route(method, path, body) : planned.reply
    if (reply === 'hang') return
    if (reply === 'reset') {
      request.socket.destroy()
      return
    }
    response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8', ...reply.headers })
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}))
  }

  #route(method: string, path: string, body: unknown): Exclude<Reply, string> {
    const url = new URL(path, 'http://127.0.0.1')
    const list = /^\/repos\/shop\/my-api\/issues\/\d+\/comments$/.test(url.pathname)
    const latest = url.pathname === '/repos/shop/my-api/issues/comments'
    if ((list || latest) && method === 'GET') return this.#page(url)
    if (list && method === 'POST') {
      const type = this.login.endsWith('[bot]') ? 'Bot' : 'User'
      return { status: 201, body: this.addComment((body as { body: string }).body, this.login, type) }
    }
    const one = /^\/repos\/shop\/my-api\/issues\/comments\/(\d+)$/.exec(url.pathname)
    if (one && method === 'PATCH') {
      const comment = this.comments.find((candidate) => candidate.id === Number(one[1]))
      if (comment === undefined) return { status: 404, body: { message: 'Not Found' } }
      comment.body = (body as { body: string }).body
      return { status: 200, body: comment }
    }
    if (url.pathname === '/graphql' && this.viewer !== null) {
      return { status: 200, body: { data: { viewer: { login: this.viewer } } } }
    }
    if (url.pathname === '/user') {
      return { status: 403, body: { message: 'Resource not accessible by integration' } }
    }
    return { status: 404, body: { message: 'Not Found' } }
  }

  #page(url: URL): Exclude<Reply, string> {
    const size = Number(url.searchParams.get('per_page') ?? 30)
    const page = Number(url.searchParams.get('page') ?? 1)
    const body = this.comments.slice((page - 1) * size, page * size)
    const more = this.comments.length > page * size
    const address = this.#server.address() as AddressInfo
    const next = `http://127.0.0.1:${address.port}${url.pathname}?per_page=${size}&page=${page + 1}`
    return { status: 200, body, headers: more ? { link: `<${next}>; rel="next"` } : {} }
  }
}
