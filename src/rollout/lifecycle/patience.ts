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

/**
 * mayPassForward tells the same of a change that raises the share: there a webhook or a schema that refuses it is taken at its
 * word, for waiting is worth nothing while traffic is safe.
 */
export function mayPassForward(error: unknown): error is Failure {
  return mayPass(error) && !['rejected', 'not-found', 'kind-not-served', 'too-large'].includes(error.code)
}

/** mayPass tells an error of the outside that a later try may not meet from one that is final. */
export function mayPass(error: unknown): error is Failure {
  if (!(error instanceof Failure)) return false
  if (error.code === 'forbidden' && error.details.confirmed === true) return false
  return passing[error.code]
}
