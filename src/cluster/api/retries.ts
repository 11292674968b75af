import { type Failure, isFailure } from '../../release/failure.ts'
import { CallTimeout } from './call-timeout.ts'

const firstPause = 200
const longestPause = 2000
const tries = 5

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
  method: string,
  attempt: () => Promise<Attempt<T>>,
  options: RetryOptions,
  signal: AbortSignal,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    const result = await attempt()
    if ('value' in result) return result.value
    const { failure, retryAfter } = result
    if (tried === tries || !isRetryable(method, failure)) throw failure
    const limit = Math.min(firstPause * 2 ** (tried - 1), longestPause)
    const pause = Math.max((retryAfter ?? 0) * 1000, limit * (0.5 + options.random() / 2))
    await waitForRetry(options.sleep(pause, signal), failure, signal)
  }
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
function isRetryable(method: string, failure: Failure): boolean {
  const { code, status } = failure.details
  if (method === 'GET') return isFailure(failure, 'unreachable', 'server-error', 'bad-answer')
  return neverSent.includes(code) || status === 429
}

/** waitForRetry waits out a pause; when the call's time ends first, what was met is thrown instead of a timeout. */
async function waitForRetry(pause: Promise<void>, met: Failure, signal: AbortSignal): Promise<void> {
  try {
    await pause
  } catch {
    throw signal.reason instanceof CallTimeout ? met : signal.reason
  }
}
