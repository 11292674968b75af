import { isFailure } from '../../release/failure.ts'
import type { ForgeAccess } from '../../release/request.ts'
import type { FoundPullRequest } from '../forge.ts'
import { unexpectedResponse } from './error-response.ts'
import { withPermission } from './permission.ts'
import type { RepositoryApi } from './repository.ts'

interface PullRequestLookup {
  access: Pick<ForgeAccess, 'sha' | 'pullRequest' | 'branch' | 'fromFork'>
  repository: RepositoryApi
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** GitHub's index of commits lags behind a merge: 10 s in all. */
const waits = [2000, 3000, 5000]

/**
 * findPullRequest gives the pull request of a release: the number that was given; else the one that GitHub knows for
 * the commit; else the one in the commit's title, if it is verified to have become that commit. Right after
 * a merge GitHub may not know yet, so it is asked again over ten seconds. null: there is none.
 */
export async function findPullRequest(
  lookup: PullRequestLookup,
  signal: AbortSignal,
): Promise<FoundPullRequest | null> {
  const { access } = lookup
  if (access.pullRequest !== null) return { number: access.pullRequest, how: 'given' }
  return withPermission(
    'pull-requests: read',
    'find the pull request of the commit',
    access.fromFork === true,
    async () => {
      const found = (await byCommit(lookup, signal)) ?? (await byTitle(lookup, signal))
      if (found !== null) return found
      for (const wait of waits) {
        await lookup.sleep(wait, signal)
        const late = await byCommit(lookup, signal)
        if (late !== null) return late
      }
      return null
    },
  )
}

interface PullRequest {
  number: number
  merged: boolean
  mergeCommit: string | null
  head: string | null
  base: string | null
}

async function byCommit(
  { access, repository }: PullRequestLookup,
  signal: AbortSignal,
): Promise<FoundPullRequest | null> {
  const answer = await absentAsNull(
    repository.get(
      'GET /repos/{owner}/{repo}/commits/{ref}/pulls',
      { ref: access.sha, per_page: 100 },
      signal,
    ),
  )
  if (answer === null) return null
  if (!Array.isArray(answer)) throw unexpectedResponse("the commit's pull requests")
  const best = choosePullRequest(answer.map(pullRequestOf), access)
  return best === null ? null : { number: best.number, how: 'commit' }
}

/**
 * choosePullRequest prefers the pull request that became this very commit; then a merged one, into our branch first; then the
 * open one whose head it is. An open one that merely contains the commit is somebody else's.
 */
function choosePullRequest(
  candidates: readonly PullRequest[],
  { sha, branch }: { sha: string; branch: string | null },
): PullRequest | null {
  const merged = candidates.filter((candidate) => candidate.merged)
  return (
    merged.find((candidate) => candidate.mergeCommit === sha) ??
    merged.find((candidate) => branch !== null && candidate.base === branch) ??
    (branch === null ? merged[0] : undefined) ??
    candidates.find((candidate) => !candidate.merged && candidate.head === sha) ??
    null
  )
}

async function byTitle(
  { access, repository }: PullRequestLookup,
  signal: AbortSignal,
): Promise<FoundPullRequest | null> {
  const commit = fields(
    await absentAsNull(
      repository.get('GET /repos/{owner}/{repo}/commits/{ref}', { ref: access.sha }, signal),
    ),
  )
  const number = numberInTitle(fields(commit.commit).message)
  if (number === null) return null
  const answer = await absentAsNull(
    repository.get('GET /repos/{owner}/{repo}/pulls/{pull_number}', { pull_number: number }, signal),
  )
  if (answer === null) return null
  const found = pullRequestOf(answer)
  // Anybody can write a number into a title: only a merge that made this commit counts.
  return found.merged && found.mergeCommit === commit.sha ? { number, how: 'title' } : null
}

function numberInTitle(message: unknown): number | null {
  if (typeof message !== 'string') return null
  const title = message.split('\n', 1)[0] ?? ''
  const match = /\(#(\d{1,9})\)\s*$/.exec(title) ?? /^Merge pull request #(\d{1,9}) from /.exec(title)
  return match === null ? null : Number(match[1])
}

function pullRequestOf(value: unknown): PullRequest {
  const pull = fields(value)
  if (!Number.isSafeInteger(pull.number)) throw unexpectedResponse('a pull request')
  const text = (field: unknown) => (typeof field === 'string' ? field : null)
  return {
    number: pull.number as number,
    merged: text(pull.merged_at) !== null,
    mergeCommit: text(pull.merge_commit_sha),
    head: text(fields(pull.head).sha),
    base: text(fields(pull.base).ref),
  }
}

// 422: a commit that GitHub hasn't indexed yet is no commit to it.
async function absentAsNull(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (isFailure(error, 'not-found')) return null
    if (isFailure(error, 'rejected') && error.details.status === 422) return null
    throw error
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
