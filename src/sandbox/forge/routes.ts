import { stampOf } from '../cluster/values.ts'
import type { ForgeComment, ForgePullRequest, ForgeState, Permissions, RepositoryRole } from './state.ts'

/** ForgeCall is one request to the GitHub API, read. */
export interface ForgeCall {
  method: string
  /** Without a GitHub Enterprise prefix. */
  path: string
  query: URLSearchParams
  body: string
  authorization: string
  /** Address of the server, for links. */
  base: string
  now: number
}

export interface ForgeReply {
  status: number
  body: unknown
  headers?: Record<string, string>
}

type Handler = (state: ForgeState, call: ForgeCall, match: string[]) => ForgeReply

interface Route {
  method: string
  path: RegExp
  /** The first that the token has is enough; none: nothing is asked. */
  needs: Partial<Permissions>
  handle: Handler
}

const longestBody = 65_536
const levels: Record<RepositoryRole, number> = { none: 0, read: 1, write: 2 }

const routes: Route[] = [
  route('GET', '/repos/:owner/:repo/commits/([^/]+)/pulls', { 'pull-requests': 'read' }, pullsOfCommit),
  route('GET', '/repos/:owner/:repo/commits/([^/]+)', { contents: 'read' }, commit),
  route('GET', '/repos/:owner/:repo/pulls/(\\d+)', { 'pull-requests': 'read' }, pull),
  route('GET', '/repos/:owner/:repo/issues/(\\d+)/comments', reading(), comments),
  route('GET', '/repos/:owner/:repo/issues/comments', reading(), latestComments),
  route('POST', '/repos/:owner/:repo/issues/(\\d+)/comments', writing(), addComment),
  route('GET', '/repos/:owner/:repo/issues/comments/(\\d+)', reading(), comment),
  route('PATCH', '/repos/:owner/:repo/issues/comments/(\\d+)', writing(), editComment),
  route('DELETE', '/repos/:owner/:repo/issues/comments/(\\d+)', writing(), deleteComment),
  route('GET', '/user', {}, (state) =>
    state.installation
      ? errorReply('Resource not accessible by integration', 403)
      : { status: 200, body: account(state) },
  ),
  route('POST', '/graphql', {}, viewer),
]

function reading(): Partial<Permissions> {
  return { issues: 'read', 'pull-requests': 'read' }
}

function writing(): Partial<Permissions> {
  return { issues: 'write', 'pull-requests': 'write' }
}

function route(method: string, path: string, needs: Partial<Permissions>, handle: Handler): Route {
  const pattern = path.replace(':owner', '([^/]+)').replace(':repo', '([^/]+)')
  return { method, path: new RegExp(`^${pattern}$`), needs, handle }
}

/** answerForge answers as GitHub's REST API does, for the part of it that a release uses. */
export function answerForge(state: ForgeState, call: ForgeCall): ForgeReply {
  const token = /^(?:bearer|token) (.+)$/i.exec(call.authorization)?.[1]
  if (token !== state.token)
    return errorReply(token === undefined ? 'Requires authentication' : 'Bad credentials', 401)
  for (const { method, path, needs, handle } of routes) {
    const match = path.exec(call.path)
    if (match === null || method !== call.method) continue
    const parts = match.slice(1).map(decodeURIComponent)
    const inRepository = call.path.startsWith('/repos/')
    if (inRepository && (parts[0] !== state.owner || parts[1] !== state.name))
      return errorReply('Not Found', 404)
    if (!isAllowed(state, needs)) return errorReply('Resource not accessible by integration', 403)
    return handle(state, call, inRepository ? parts.slice(2) : parts)
  }
  return errorReply('Not Found', 404)
}

function isAllowed(state: ForgeState, needs: Partial<Permissions>): boolean {
  const wanted = Object.entries(needs) as [keyof Permissions, RepositoryRole][]
  return (
    wanted.length === 0 || wanted.some(([name, level]) => levels[state.permissions[name]] >= levels[level])
  )
}

/** errorReply is an error as GitHub words it. */
export function errorReply(message: string, status: number, extra: object = {}): ForgeReply {
  const body = {
    message,
    documentation_url: 'https://docs.github.com/rest',
    status: String(status),
    ...extra,
  }
  return { status, body }
}

function pullsOfCommit(state: ForgeState, call: ForgeCall, [sha = '']: string[]): ForgeReply {
  const found = state.commits.find((item) => item.sha === sha)
  if (found === undefined) return errorReply(`No commit found for SHA: ${sha}`, 422)
  const pulls = state.pulls.filter((item) => found.pulls.includes(item.number))
  return { status: 200, body: pulls.map((item) => pullBody(state, call, item)) }
}

function commit(state: ForgeState, call: ForgeCall, [sha = '']: string[]): ForgeReply {
  const found = state.commits.find((item) => item.sha === sha)
  if (found === undefined) return errorReply(`No commit found for SHA: ${sha}`, 422)
  const html = `${call.base}/${state.owner}/${state.name}/commit/${sha}`
  return { status: 200, body: { sha, html_url: html, commit: { message: found.message }, parents: [] } }
}

function pull(state: ForgeState, call: ForgeCall, [number = '']: string[]): ForgeReply {
  const found = state.pulls.find((item) => item.number === Number(number))
  if (found === undefined) return errorReply('Not Found', 404)
  return { status: 200, body: { ...pullBody(state, call, found), merged: found.mergeCommit !== null } }
}

function pullBody(state: ForgeState, call: ForgeCall, item: ForgePullRequest): Record<string, unknown> {
  const repo = { full_name: `${state.owner}/${state.name}` }
  return {
    number: item.number,
    title: item.title,
    state: item.state,
    html_url: `${call.base}/${state.owner}/${state.name}/pull/${item.number}`,
    merged_at: item.mergeCommit === null ? null : stampOf(call.now),
    merge_commit_sha: item.mergeCommit,
    head: { sha: item.head, ref: 'change', repo },
    base: { ref: item.base, repo },
  }
}

function comments(state: ForgeState, call: ForgeCall, [number = '']: string[]): ForgeReply {
  if (!state.pulls.some((item) => item.number === Number(number))) return errorReply('Not Found', 404)
  return commentPage(
    state,
    call,
    state.comments.filter((item) => item.issue === Number(number)),
  )
}

/** Those that were changed since a time, in the order that was asked for. */
function latestComments(state: ForgeState, call: ForgeCall): ForgeReply {
  const since = Date.parse(call.query.get('since') ?? '') || 0
  const key = call.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt'
  const sign = call.query.get('direction') === 'desc' ? -1 : 1
  const all = state.comments
    .filter(({ updatedAt }) => Date.parse(updatedAt) >= since)
    .sort((a, b) => sign * (Date.parse(a[key]) - Date.parse(b[key])))
  return commentPage(state, call, all)
}

function commentPage(state: ForgeState, call: ForgeCall, all: ForgeComment[]): ForgeReply {
  const size = Math.min(100, Math.max(1, Number(call.query.get('per_page') ?? 30) || 30))
  const page = Math.max(1, Number(call.query.get('page') ?? 1) || 1)
  const last = Math.max(1, Math.ceil(all.length / size))
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(call.query)
    query.set('page', String(to))
    return `<${call.base}${call.path}?${query}>; rel="${rel}"`
  }
  const links = [
    ...(page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []),
    ...(page < last ? [link(page + 1, 'next'), link(last, 'last')] : []),
  ]
  return {
    status: 200,
    body: all.slice((page - 1) * size, page * size).map((item) => commentBody(state, call, item)),
    ...(links.length > 0 ? { headers: { link: links.join(', ') } } : {}),
  }
}

function addComment(state: ForgeState, call: ForgeCall, [number = '']: string[]): ForgeReply {
  if (!state.pulls.some((item) => item.number === Number(number))) return errorReply('Not Found', 404)
  const text = textIn(call.body)
  if (typeof text !== 'string') return text
  const id = 1000 + Math.max(0, ...state.comments.map((item) => item.id - 1000)) + 1
  const at = stampOf(call.now)
  const made = {
    id,
    issue: Number(number),
    body: text,
    author: { ...state.account },
    createdAt: at,
    updatedAt: at,
  }
  state.comments.push(made)
  return { status: 201, body: commentBody(state, call, made) }
}

function comment(state: ForgeState, call: ForgeCall, [id = '']: string[]): ForgeReply {
  const found = state.comments.find((item) => item.id === Number(id))
  return found === undefined
    ? errorReply('Not Found', 404)
    : { status: 200, body: commentBody(state, call, found) }
}

function editComment(state: ForgeState, call: ForgeCall, [id = '']: string[]): ForgeReply {
  const found = state.comments.find((item) => item.id === Number(id))
  if (found === undefined) return errorReply('Not Found', 404)
  const text = textIn(call.body)
  if (typeof text !== 'string') return text
  found.body = text
  found.updatedAt = stampOf(call.now)
  return { status: 200, body: commentBody(state, call, found) }
}

function deleteComment(state: ForgeState, _call: ForgeCall, [id = '']: string[]): ForgeReply {
  const index = state.comments.findIndex((item) => item.id === Number(id))
  if (index === -1) return errorReply('Not Found', 404)
  state.comments.splice(index, 1)
  return { status: 204, body: null }
}

function textIn(body: string): string | ForgeReply {
  let text: unknown
  try {
    text = (JSON.parse(body) as { body?: unknown } | null)?.body
  } catch {
    return errorReply('Problems parsing JSON', 400)
  }
  const wrong = (message: string): ForgeReply =>
    errorReply('Validation Failed', 422, {
      errors: [{ resource: 'IssueComment', field: 'body', code: 'custom', message }],
    })
  if (typeof text !== 'string' || text.trim() === '') return wrong("Body can't be blank")
  return text.length > longestBody ? wrong(`body is too long (maximum is ${longestBody} characters)`) : text
}

function commentBody(state: ForgeState, call: ForgeCall, item: ForgeComment): Record<string, unknown> {
  const place = `${state.owner}/${state.name}`
  return {
    id: item.id,
    url: `${call.base}/repos/${place}/issues/comments/${item.id}`,
    issue_url: `${call.base}/repos/${place}/issues/${item.issue}`,
    html_url: `${call.base}/${place}/pull/${item.issue}#issuecomment-${item.id}`,
    body: item.body,
    user: item.author,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
  }
}

function account(state: ForgeState): Record<string, unknown> {
  return { ...state.account, id: 41_898_282 }
}

function viewer(state: ForgeState, call: ForgeCall): ForgeReply {
  const asked = /\bviewer\s*\{\s*login\s*\}/.test(call.body)
  if (!asked)
    return { status: 200, body: { errors: [{ message: 'The sandbox answers { viewer { login } } only' }] } }
  return { status: 200, body: { data: { viewer: { login: state.account.login } } } }
}
