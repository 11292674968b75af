import type { Result } from '../release/outcome/outcome.ts'
import type { ReasonCode } from '../release/outcome/reasons.ts'
import type { Sight } from '../release/outcome/sight.ts'
import type { Verdict } from '../release/verdict.ts'

/** Ending is how a process's work on a release ended. */
export interface Ending {
  result: Result
  reason: ReasonCode
  /** What led to it, in words; empty where the reason says it all. */
  text: string
  verdict: Verdict | null
  /** When the next turn of step mode has something to do, in ms; absent: there is none. */
  nextCheckAt?: number
  /** After a rollback: what routes send to others than stable all the same, as whole sentences; absent: nothing. */
  elsewhere?: readonly string[]
  /** What was seen of users following; absent: no rollback. */
  sight?: Sight
}

/** ending makes an Ending of a release that this process drove. */
export function ending(
  result: Result,
  reason: ReasonCode,
  text: string,
  verdict: Verdict | null = null,
): Ending {
  return { result, reason, text, verdict }
}
