import { type Failure, isFailure } from '../../release/failure.ts'
import { CallTimeout } from './call-timeout.ts'
import type { KubeRequest } from './exchange.ts'
import { toApiCall } from './paths.ts'

const firstPause = 200
const longestPause = 2000
/** How often a call is made at most. */
export const tries = 5

/** Attempt is what one try came to; `retryAfter` are the seconds that the server asks to wait. */
export type Attempt<T> = { value: T } | { failure: Failure; retryAfter: number | null }

/** RetryOptions are the outside that retrying needs. */
export interface RetryOptions {
  /** A number from 0 up to, not including, 1. */
  random: () => number
  /** sleep waits `ms` of real time; it rejects with the signal's reason when that aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

/** withRetries tries until there is a value or a failure that another try can't mend, or the signal aborts. */
export async function withRetries<T>(
  ask: KubeRequest,
  attempt: () => Promise<Attempt<T>>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    const result = await attempt()
    if ('value' in result) return result.value
    const { failure, retryAfter } = result
    if (tried === tries || !isRetryable(ask, failure)) throw failure
    const pause = Math.max((retryAfter ?? 0) * 1000, retryPause(tried, options.random))
    await waitForRetry(options.sleep(pause, signal), failure, signal)
  }
}

/** retryPause is how long (ms) to wait after so many tries. */
export function retryPause(tried: number, random: () => number): number {
  return Math.min(firstPause * 2 ** (tried - 1), longestPause) * (0.5 + random() / 2)
}

/** Errors before anything was sent. */
const neverSent: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]

/** A change is tried again only where the server certainly has not begun it: the request never reached it, or it said so (429). */
function isRetryable(ask: KubeRequest, failure: Failure): boolean {
  if (ask.method === 'GET') return isOddRead(ask, failure)
  const { code, status } = failure.details
  return neverSent.includes(code) || status === 429
}

/**
 * isOddRead tells a failure that says nothing about what was asked for. What refuses a change (409, 422) is no answer to a
 * read, and a list is there although it has no objects; that the snapshot of a list's next page is gone (410) is one.
 */
function isOddRead({ method, path }: KubeRequest, failure: Failure): boolean {
  if (failure.details.status === 410 && path.includes('continue=')) return false
  if (isFailure(failure, 'not-found')) return toApiCall(method, path)?.name === null
  return isFailure(failure, 'unreachable', 'server-error', 'bad-answer', 'conflict', 'rejected')
}

/** waitForRetry waits out a pause; when the call's time ends first, what was met is thrown instead of a timeout. */
async function waitForRetry(pause: Promise<void>, met: Failure, signal: AbortSignal): Promise<void> {
  try {
    await pause
  } catch {
    throw signal.reason instanceof CallTimeout ? met : signal.reason
  }
}
