import { Failure } from '../../release/failure.ts'
import type { ForgeAccess } from '../../release/request.ts'
import type { Forge, ForgeOptions } from '../forge.ts'
import { findPullRequest } from './pull-request-lookup.ts'
import { createRepositoryApi } from './repository.ts'
import { createStickyComments } from './sticky-comment.ts'

/** createGithubForge makes the client of GitHub for one run. It makes no call. */
export function createGithubForge(access: ForgeAccess, options: ForgeOptions): Forge {
  const sleep = (ms: number, signal: AbortSignal) =>
    options.sleep(ms, signal).catch((cause) => {
      throw new Failure('aborted', 'Waiting for GitHub was interrupted.', { cause })
    })
  const repository = createRepositoryApi(access, { ...options, sleep })
  const comments = createStickyComments(repository, { sleep, fromFork: access.fromFork === true })
  return {
    findPullRequest: (signal) => findPullRequest({ access, repository, sleep }, signal),
    upsertComment: (number, marker, body, signal) => comments.upsert(number, marker, body, signal),
    findCommented: (marker, since, signal) => comments.find(marker, since, signal),
    secrets: () => [access.token],
  }
}
