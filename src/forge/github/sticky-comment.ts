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
  const comments: Comments = { repository, sleep: options.sleep, known: new Map(), self: null }
  return {
    find: (marker, since, signal) =>
      withPermission('pull-requests: write', 'read the comments', options.fromFork, () =>
        find(comments, marker, since, signal),
      ),
    upsert: (number, marker, body, signal) =>
      withPermission('pull-requests: write', `comment on pull request #${number}`, options.fromFork, () =>
        upsert(comments, { number, key: markerKey(marker) }, body, signal),
      ),
  }
}

/** Comments are the comments that one run has written, by their place, and as whom. */
interface Comments {
  repository: RepositoryApi
  sleep(ms: number, signal: AbortSignal): Promise<void>
  known: Map<string, Comment>
  self: string | null
}

/** Place is where a comment belongs: a pull request, and the part of the marker that stays the same. */
interface Place {
  number: number
  key: string
}

async function upsert(
  comments: Comments,
  place: Place,
  body: string,
  signal: AbortSignal,
): Promise<WrittenComment> {
  const edited = await editKnown(comments, place, body, signal)
  const existing = edited === null ? await own(comments, place, signal) : null
  const comment =
    edited ??
    (existing ? await edit(comments, existing, body, signal) : await create(comments, place, body, signal))
  comments.known.set(nameOf(place), { ...comment, body })
  comments.self = comment.author?.login ?? comments.self
  return { url: comment.url, created: edited === null && existing === null }
}

function nameOf({ number, key }: Place): string {
  return `${number} ${key}`
}

async function own(comments: Comments, place: Place, signal: AbortSignal): Promise<Comment | null> {
  const marked = await markedComments(comments.repository, place, signal)
  for (const comment of marked) if (await isOwn(comments, comment, signal)) return comment
  return null
}

async function editKnown(
  comments: Comments,
  place: Place,
  body: string,
  signal: AbortSignal,
): Promise<Comment | null> {
  const before = comments.known.get(nameOf(place))
  if (before === undefined) return null
  try {
    return await edit(comments, before, body, signal)
  } catch (error) {
    if (!isFailure(error, 'not-found')) throw error
    comments.known.delete(nameOf(place))
    return null
  }
}

async function edit(
  { repository }: Comments,
  comment: Comment,
  body: string,
  signal: AbortSignal,
): Promise<Comment> {
  if (sameBody(comment.body, body)) return comment
  const route = 'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}'
  return commentOf(await repository.send(route, { comment_id: comment.id, body }, signal))
}

// A POST that ended unclearly may have been done: it is looked for before it is done again.
async function create(comments: Comments, place: Place, body: string, signal: AbortSignal): Promise<Comment> {
  const route = 'POST /repos/{owner}/{repo}/issues/{issue_number}/comments'
  for (let attempt = 1; ; attempt++) {
    try {
      return commentOf(await comments.repository.send(route, { issue_number: place.number, body }, signal))
    } catch (error) {
      if (!isFailure(error, 'server-error', 'timeout', 'unreachable', 'bad-answer') || attempt === 3)
        throw error
      await comments.sleep(1000 * attempt, signal)
      const done = await own(comments, place, signal)
      if (done !== null) return edit(comments, done, body, signal)
    }
  }
}

/** isOwn tells whether we wrote a comment; it asks the API who we are where nothing has told it yet. */
async function isOwn(comments: Comments, { author }: Comment, signal: AbortSignal): Promise<boolean> {
  comments.self ??= (await comments.repository.viewer(signal)) ?? workflowAuthor
  return isBy(author, comments.self)
}

async function find(
  comments: Comments,
  marker: string,
  since: number,
  signal: AbortSignal,
): Promise<number | null> {
  const route = 'GET /repos/{owner}/{repo}/issues/comments'
  const latest = { since: new Date(since).toISOString(), sort: 'updated', direction: 'desc', per_page: 100 }
  let pages = 0
  for await (const page of comments.repository.pages(route, latest, signal)) {
    if (!Array.isArray(page)) throw unexpectedResponse('the comments')
    const marked = page
      .map((value) => ({ value, comment: commentOf(value) }))
      .filter(({ comment }) => comment.body.split(/\r?\n/).includes(marker))
    for (const { value, comment } of marked) {
      if (await isOwn(comments, comment, signal)) return issueOf(value)
    }
    if (++pages === latestPages) return null
  }
  return null
}

/** markerKey is the part of a marker that stays the same from release to release: all before ` release=`. */
function markerKey(marker: string): string {
  return marker.split(' release=', 1)[0] as string
}

async function markedComments(
  repository: RepositoryApi,
  { number, key }: Place,
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
