import { Failure } from '../../release/failure.ts'
import type { ForgeOptions } from '../forge.ts'
import { type ForgeErrorResponse, toErrorResponse, toForgeFailure } from './error-response.ts'

/** RetryOptions are the outside that retrying needs; its `sleep` rejects with Failure `aborted`. */
type RetryOptions = Pick<ForgeOptions, 'random' | 'sleep' | 'callTimeout'>

/** Endpoint is the part of octokit's request options that the policy reads and sets. */
interface Endpoint {
  method: string
  request?: { signal?: AbortSignal; [key: string]: unknown }
  [key: string]: unknown
}

const attempts = 4
/** A report waits this long for a limit to pass, in ms; for longer it isn't worth holding anything up. */
const longestWait = 60_000
/** What GitHub asks for after a secondary limit without a `Retry-After`, in ms. */
const secondaryWait = 60_000

/**
 * retryPolicy wraps octokit's `request` hook: one timeout an attempt, and another attempt with growing, jittered
 * waits after 408, 5xx, a broken connection or a rate limit (which comes as a 403 or 429), as long as GitHub says.
 * Never after another 4xx. A POST is repeated after a rate limit only: after anything else it may have been done.
 * It throws Failures: `aborted` for the caller's signal, `timeout` for its own.
 */
export function retryPolicy(options: RetryOptions) {
  return async <T>(request: (endpoint: never) => Promise<T> | T, endpoint: Endpoint): Promise<T> => {
    const caller = endpoint.request?.signal ?? new AbortController().signal
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(request, endpoint, caller, options.callTimeout)
      if ('value' in outcome) return outcome.value
      const wait = attempt < attempts ? waitAfter(outcome, endpoint.method, attempt, options.random) : null
      if (wait === null || wait > longestWait) throw outcome.failure
      await options.sleep(wait, caller)
    }
  }
}

type Failed = { failure: Failure; answer: ForgeErrorResponse | null }

async function attemptOnce<T>(
  request: (endpoint: never) => Promise<T> | T,
  endpoint: Endpoint,
  caller: AbortSignal,
  callTimeout: number,
): Promise<{ value: T } | Failed> {
  const timeout = AbortSignal.timeout(callTimeout)
  const signal = AbortSignal.any([caller, timeout])
  try {
    caller.throwIfAborted()
    // In place: octokit's hooks hand on the object that they were given, whatever they are called with.
    endpoint.request = { ...endpoint.request, signal }
    const value = await request(endpoint as never)
    // A body that is cut off by the signal looks like an empty one.
    signal.throwIfAborted()
    return { value }
  } catch (cause) {
    if (caller.aborted) throw new Failure('aborted', 'The call to GitHub was cancelled.', { cause })
    if (timeout.aborted) {
      const seconds = callTimeout / 1000
      return {
        failure: new Failure('timeout', `GitHub gave no answer within ${seconds} s.`, { cause }),
        answer: null,
      }
    }
    const answer = toErrorResponse(cause)
    return { failure: toForgeFailure(answer, cause), answer }
  }
}

/** waitAfter gives the ms to wait before another attempt; null: there must be none. */
function waitAfter(failed: Failed, method: string, attempt: number, random: () => number): number | null {
  const answer = failed.answer
  const limited = answer === null ? null : limitWait(answer)
  if (limited !== null) return limited
  if (method === 'POST') return null
  const status = answer?.status ?? null
  if (status !== null && status !== 408 && status < 500) return null
  const backoff = 500 * 2 ** (attempt - 1) * (0.5 + random())
  return answer === null ? backoff : Math.max(backoff, headerSeconds(answer, 'retry-after') ?? 0)
}

/** limitWait gives the wait that a rate limit asks for, in ms; null where the answer is none. */
function limitWait(answer: ForgeErrorResponse): number | null {
  if (answer.status !== 403 && answer.status !== 429) return null
  const asked = headerSeconds(answer, 'retry-after')
  if (asked !== null) return asked
  if (answer.headers['x-ratelimit-remaining'] === '0') {
    // Both times are GitHub's own: its clock need not be ours.
    const now = Date.parse(answer.headers.date ?? '')
    const reset = Number(answer.headers['x-ratelimit-reset']) * 1000
    return Number.isFinite(now) && Number.isFinite(reset) ? Math.max(0, reset - now) + 1000 : secondaryWait
  }
  return answer.status === 429 || /secondary rate limit|abuse detection/i.test(answer.message)
    ? secondaryWait
    : null
}

function headerSeconds(answer: ForgeErrorResponse, name: string): number | null {
  const text = answer.headers[name]
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}
