import { isFailure } from '../../release/failure.ts'
import type { WrittenComment } from '../forge.ts'
import { unexpectedResponse } from './error-response.ts'
import { withPermission } from './permission.ts'
import type { RepositoryApi } from './repository.ts'

/** StickyComments writes one comment that is edited in place. */
interface StickyComments {
  /** find gives the pull request on which we wrote the very `marker`, at or after `since` (ms); null: none is found. */
  find(marker: string, since: number, signal: AbortSignal): Promise<number | null>
  upsert(number: number, marker: string, body: string, signal: AbortSignal): Promise<WrittenComment>
}

interface Comment {
  id: number
  url: string
  body: string
  author: Author | null
}

interface Author {
  login: string
  bot: boolean
}

/** How many pages of a repository's latest comments are looked through. */
const latestPages = 5

/** Who writes when nobody says so: the workflow's own token, the one that may not ask who it is everywhere. */
const workflowAuthor = 'github-actions[bot]'

/**
 * createStickyComments finds its comment by the marker in it *and* its author, for anybody can paste a marker, and what we
 * write into a stranger's comment the stranger can change. The author is known for certain once we wrote something
 * (the answer names it); before, only if a comment with the marker exists, the API is asked who we are.
 */
export function createStickyComments(
  repository: RepositoryApi,
  options: { sleep(ms: number, signal: AbortSignal): Promise<void>; fromFork: boolean },
): StickyComments {
  const known = new Map<string, Comment>()
  let self: string | null = null

  async function own(number: number, key: string, signal: AbortSignal): Promise<Comment | null> {
    const marked = await markedComments(repository, number, key, signal)
    if (marked.length === 0) return null
    self ??= (await repository.viewer(signal)) ?? workflowAuthor
    return marked.find((comment) => isBy(comment.author, self as string)) ?? null
  }

  async function edit(comment: Comment, body: string, signal: AbortSignal): Promise<Comment> {
    if (sameBody(comment.body, body)) return comment
    const answer = await repository.send(
      'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
      { comment_id: comment.id, body },
      signal,
    )
    return commentOf(answer)
  }

  // A POST that ended unclearly may have been done: it is looked for before it is done again.
  async function create(number: number, key: string, body: string, signal: AbortSignal): Promise<Comment> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await repository.send(
          'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
          { issue_number: number, body },
          signal,
        )
        return commentOf(answer)
      } catch (error) {
        if (!isFailure(error, 'server-error', 'timeout', 'unreachable', 'bad-answer') || attempt === 3)
          throw error
        await options.sleep(1000 * attempt, signal)
        const done = await own(number, key, signal)
        if (done !== null) return edit(done, body, signal)
      }
    }
  }

  async function editKnown(place: string, body: string, signal: AbortSignal): Promise<Comment | null> {
    const before = known.get(place)
    if (before === undefined) return null
    try {
      return await edit(before, body, signal)
    } catch (error) {
      if (!isFailure(error, 'not-found')) throw error
      known.delete(place)
      return null
    }
  }

  async function upsert(
    number: number,
    marker: string,
    body: string,
    signal: AbortSignal,
  ): Promise<WrittenComment> {
    const key = markerKey(marker)
    const place = `${number} ${key}`
    const edited = await editKnown(place, body, signal)
    const existing = edited === null ? await own(number, key, signal) : null
    const comment =
      edited ?? (existing ? await edit(existing, body, signal) : await create(number, key, body, signal))
    known.set(place, { ...comment, body })
    self = comment.author?.login ?? self
    return { url: comment.url, created: edited === null && existing === null }
  }

  async function find(marker: string, since: number, signal: AbortSignal): Promise<number | null> {
    const route = 'GET /repos/{owner}/{repo}/issues/comments'
    const latest = { since: new Date(since).toISOString(), sort: 'updated', direction: 'desc', per_page: 100 }
    let pages = 0
    for await (const page of repository.pages(route, latest, signal)) {
      if (!Array.isArray(page)) throw unexpectedResponse('the comments')
      for (const value of page) {
        const { body, author } = commentOf(value)
        if (!body.split(/\r?\n/).includes(marker)) continue
        self ??= (await repository.viewer(signal)) ?? workflowAuthor
        if (isBy(author, self)) return issueOf(value)
      }
      if (++pages === latestPages) return null
    }
    return null
  }

  return {
    find: (marker, since, signal) =>
      withPermission('pull-requests: write', 'read the comments', options.fromFork, () =>
        find(marker, since, signal),
      ),
    upsert: (number, marker, body, signal) =>
      withPermission('pull-requests: write', `comment on pull request #${number}`, options.fromFork, () =>
        upsert(number, marker, body, signal),
      ),
  }
}

/** markerKey is the part of a marker that stays the same from release to release: all before ` release=`. */
function markerKey(marker: string): string {
  return marker.split(' release=', 1)[0] as string
}

async function markedComments(
  repository: RepositoryApi,
  number: number,
  key: string,
  signal: AbortSignal,
): Promise<Comment[]> {
  const marked: Comment[] = []
  const route = 'GET /repos/{owner}/{repo}/issues/{issue_number}/comments'
  for await (const page of repository.pages(route, { issue_number: number, per_page: 100 }, signal)) {
    if (!Array.isArray(page)) throw unexpectedResponse('the comments')
    marked.push(...page.map(commentOf).filter((comment) => holds(comment.body, key)))
  }
  return marked
}

// The whole key, on a line of its own: a longer name that begins alike is another target, a quoted line (`> …`) none.
function holds(body: string, key: string): boolean {
  return body.split(/\r?\n/).some((line) => line === key || line.startsWith(`${key} release=`))
}

function isBy(author: Author | null, login: string): boolean {
  if (author === null) return false
  const bare = (name: string) => name.replace(/\[bot\]$/, '')
  // GitHub names an app with and without its suffix; a person may have the name without.
  return author.login === login || (author.bot && bare(author.login) === bare(login))
}

// GitHub ends lines its own way and cuts blanks at the end.
function sameBody(a: string, b: string): boolean {
  const normal = (text: string) => text.replace(/\r\n/g, '\n').trimEnd()
  return normal(a) === normal(b)
}

function commentOf(value: unknown): Comment {
  const { id, html_url, body, user } = (value ?? {}) as Record<string, unknown>
  if (!Number.isSafeInteger(id) || typeof html_url !== 'string') throw unexpectedResponse('a comment')
  const { login, type } = (user ?? {}) as Record<string, unknown>
  return {
    id: id as number,
    url: html_url,
    body: typeof body === 'string' ? body : '',
    author: typeof login === 'string' ? { login, bot: type === 'Bot' } : null,
  }
}

function issueOf(value: unknown): number | null {
  const { issue_url } = value as { issue_url?: unknown }
  const number = Number(/\/issues\/(\d{1,15})$/.exec(String(issue_url))?.[1])
  return Number.isSafeInteger(number) ? number : null
}
