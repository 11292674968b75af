import { Failure } from '../../release/failure.ts'

/** CallTimeout is the reason of the signal that a call's own timeout aborts. */
export class CallTimeout extends Error {}

/** withTimeout gives `work` a signal that aborts with the caller's, or after `timeoutMs` of real time. */
export async function withTimeout<T>(
  path: string,
  timeoutMs: number,
  server: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw abortedBy(signal)
  const timer = new AbortController()
  const timeout = setTimeout(() => timer.abort(new CallTimeout()), timeoutMs)
  try {
    return await work(AbortSignal.any([signal, timer.signal]))
  } catch (error) {
    if (signal.aborted && error === signal.reason) throw abortedBy(signal)
    if (error instanceof CallTimeout) {
      const place = path.split('?', 1)[0]
      throw new Failure(
        'timeout',
        `the API server ${server} gave no answer to ${place} within ${timeoutMs} ms`,
      )
    }
    throw error
  } finally {
    clearTimeout(timeout)
  }
}

function abortedBy(signal: AbortSignal): Failure {
  return new Failure('aborted', 'the call to the cluster was cancelled', { cause: signal.reason })
}
