import { Failure } from '../release/failure.ts'

/** Probed is how an address answered; `status` null: it did not answer in time, or not at all. */
export interface Probed {
  status: number | null
  /** For people; harmless. */
  text: string
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
}

/**
 * probe asks an address once, with GET, and reads nothing but the status. Redirects are not followed: their status is
 * the answer. `timeout` in ms, in real time. Throws Failure `aborted`; everything else is an answer.
 */
export async function probe(
  url: string,
  options: { timeout: number; userAgent: string },
  signal: AbortSignal,
): Promise<Probed> {
  const timeout = AbortSignal.timeout(options.timeout)
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { 'user-agent': options.userAgent },
      signal: AbortSignal.any([signal, timeout]),
    })
    await response.body?.cancel()
    return { status: response.status, text: `it answered ${response.status}` }
  } catch (error) {
    if (signal.aborted) throw new Failure('aborted', 'the probe was aborted')
    if (timeout.aborted) return { status: null, text: `it did not answer within ${options.timeout} ms` }
    return { status: null, text: `it can't be reached: ${reasonOf(error)}` }
  }
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause
  const code = typeof cause?.code === 'string' ? cause.code : ''
  return reasons[code] ?? (/^[A-Z_]{1,60}$/.test(code) ? code : 'the connection failed')
}
