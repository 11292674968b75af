import type { ForgeAccess } from '../release/request.ts'

/**
 * Forge is where the code's pull requests are. Its methods throw Failure: `unauthorized`, `forbidden` (the message
 * names the permission to add), `not-found`, `rejected`, `server-error`, `unreachable`, `timeout`, `bad-certificate`,
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
  /**
   * findCommented gives the pull request on which this token wrote a comment that holds the very `marker`, at or after
   * `since` (ms); null: there is none among the latest of the repository.
   */
  findCommented(marker: string, since: number, signal: AbortSignal): Promise<number | null>
  /** secrets are what must never be shown. */
  secrets(): string[]
}

/** FoundPullRequest is the pull request that a release is about, and how it was found. */
export interface FoundPullRequest {
  number: number
  how: 'given' | 'commit' | 'title'
}

export interface WrittenComment {
  url: string
  created: boolean
}

export interface ForgeOptions {
  userAgent: string
  /** Real time that one call may take, in ms. */
  callTimeout: number
  /** A number from 0 up to, not including, 1. */
  random: () => number
  /** sleep waits `ms`; it rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** CreateForge makes the client of one forge for one run. It makes no call. */
export type CreateForge = (access: ForgeAccess, options: ForgeOptions) => Forge
