import type { FailureCode } from '../../release/failure.ts'
import { Failure } from '../../release/failure.ts'

/**
 * Whether the same call can succeed a little later. What the outside answers once proves nothing: a load balancer, a
 * webhook that restarts, an API server that lost its backend all give answers of every kind.
 */
const passing: Record<FailureCode, boolean> = {
  unreachable: true,
  timeout: true,
  unauthorized: true,
  // Only what the server confirmed to be a lack of permission is one.
  forbidden: true,
  'not-found': true,
  'kind-not-served': true,
  'already-exists': true,
  conflict: true,
  rejected: true,
  'server-error': true,
  'bad-answer': true,
  incomplete: true,
  'too-large': true,
  'bad-certificate': true,
  'bad-query': false,
  'invalid-input': false,
  'invalid-config': false,
  refused: false,
  superseded: false,
  'state-lost': false,
  aborted: false,
  internal: false,
}

/** How long a write on the way up is tried again that a webhook or a schema refuses (ms): traffic is safe meanwhile. */
const refusalPatience = 10_000

const refusals: readonly FailureCode[] = ['rejected', 'not-found', 'kind-not-served', 'too-large']

/**
 * forwardPatience tells how long (ms) a change that raises the share is tried again after an error: `longest`, or 10 s where
 * the server refuses it, for one odd answer is no policy; 0: not at all.
 */
export function forwardPatience(error: unknown, longest: number): number {
  if (!mayPass(error)) return 0
  return isRefusal(error) ? Math.min(longest, refusalPatience) : longest
}

/** isRefusal tells an answer by which the server refuses a change; said again and again it is meant. */
export function isRefusal(error: Failure): boolean {
  return refusals.includes(error.code)
}

/** mayPass tells an error of the outside that a later try may not meet from one that is final. */
export function mayPass(error: unknown): error is Failure {
  if (!(error instanceof Failure)) return false
  if (error.code === 'forbidden' && error.details.confirmed === true) return false
  return passing[error.code]
}
