import type { Clock } from '../../release/clock.ts'
import type { Failure } from '../../release/failure.ts'
import type { EventBody } from '../../release/record/event-body.ts'
import { isPassingReadFailure, retryWait } from '../../rollout/lifecycle/read-confirmation.ts'

/** PatienceTerms is what reading patiently needs of a session, asked at each read. */
export interface PatienceTerms {
  clock: Clock
  record(event: EventBody): void
  /** A release is held: the loop and the writer try failed reads again themselves. */
  holds(): boolean
  /** How long (ms) a read that fails is tried again. */
  patience: number
}

/** TryAgain makes a read until it succeeds, its failure is final, or it failed twice and the patience is at its end. */
export type TryAgain = <Value>(read: () => Promise<Value>, signal: AbortSignal) => Promise<Value>

/** createTryAgain tries the reads of one session again; that it had to is said once. `from`: who gave no answer. */
export function createTryAgain(
  { clock, record, holds, patience }: PatienceTerms,
  from: 'cluster' | 'metrics',
): TryAgain {
  let warned = false
  const warn = ({ code }: Failure) => {
    if (!warned)
      record({ type: 'warning', code: 'read-again', details: { failure: code, within: patience, from } })
    warned = true
  }
  return async (read, signal) => {
    const since = clock.now()
    for (let tried = 1; ; tried++) {
      try {
        return await read()
      } catch (error) {
        if (holds() || !isPassingReadFailure(error)) throw error
        const wait = retryWait(tried)
        // A call that hung for all that time is one answer, which proves nothing.
        if (tried > 1 && clock.now() - since + wait > patience) throw error
        warn(error)
        await clock.sleep(wait, signal)
      }
    }
  }
}

/** Read is a way to ask for something; the signal that ends it comes last. */
type Read = (...given: never[]) => Promise<unknown>

/** patientPort gives a port whose reads, those that are named, are tried again. */
export function patientPort<Port extends object>(
  port: Port,
  names: readonly (keyof Port)[],
  again: TryAgain,
): Port {
  const patient = names.map((name) => {
    const read = (...given: never[]) => (port[name] as Read).call(port, ...given)
    return [name, (...given: never[]) => again(() => read(...given), given.at(-1) as unknown as AbortSignal)]
  })
  return { ...port, ...Object.fromEntries(patient) }
}
