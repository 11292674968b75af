import { Failure } from '../../release/failure.ts'
import type { ForgeAccess } from '../../release/request.ts'
import { type FoundPullRequest, findPullRequest } from './pull-request-lookup.ts'
import { createRepositoryApi, type RepositoryOptions } from './repository.ts'
import { createStickyComments, type WrittenComment } from './sticky-comment.ts'

/**
 * Forge is the door to GitHub. Its methods throw Failure: `unauthorized`, `forbidden` (the message names the
 * permission to add), `not-found`, `rejected`, `server-error`, `unreachable`, `timeout`, `bad-certificate`,
 * `bad-answer`, `aborted`. None of them may change how a release ends: a caller warns and goes on.
 */
export interface Forge {
  /** findPullRequest gives the pull request that the release is about; null: there is none. */
  findPullRequest(signal: AbortSignal): Promise<FoundPullRequest | null>
  /**
   * upsertComment writes the comment that holds `marker` (a line of `body`), or edits it in place; a comment by
   * somebody else is left alone, and a body that is there already isn't written again. What follows ` release=`
   * in the marker may differ from the comment's.
   */
  upsertComment(number: number, marker: string, body: string, signal: AbortSignal): Promise<WrittenComment>
  /** secrets are what must never be shown. */
  secrets(): string[]
}

/** createGithubForge opens GitHub for one run. It makes no call. */
export function createGithubForge(access: ForgeAccess, options: RepositoryOptions): Forge {
  const sleep = (ms: number, signal: AbortSignal) =>
    options.sleep(ms, signal).catch((cause) => {
      throw new Failure('aborted', 'Waiting for GitHub was cut short.', { cause })
    })
  const repository = createRepositoryApi(access, { ...options, sleep })
  const comments = createStickyComments(repository, { sleep, fromFork: access.fromFork === true })
  return {
    findPullRequest: (signal) => findPullRequest({ access, repository, sleep }, signal),
    upsertComment: (number, marker, body, signal) => comments.upsert(number, marker, body, signal),
    secrets: () => [access.token],
  }
}
