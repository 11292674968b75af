import type { DecisionCause } from '../release/outcome/cause.ts'
import type { Result } from '../release/outcome/outcome.ts'
import type { ReasonCode } from '../release/outcome/reasons.ts'
import type { Sight } from '../release/outcome/sight.ts'
import type { Verdict } from '../release/verdict.ts'

/** Ending is how a process's work on a release ended. */
export interface Ending {
  result: Result
  reason: ReasonCode
  /** What led to it; null where the reason says it all. */
  cause: DecisionCause | null
  verdict: Verdict | null
  /** When the next turn of step mode has something to do, in ms; absent: there is none. */
  nextCheckAt?: number
  /** What routes send to others than the version that has all traffic, as whole sentences; absent: nothing. */
  elsewhere?: readonly string[]
  /** What was seen of users following; absent: the last write moved nobody. */
  sight?: Sight
}

/** ending makes an Ending of a release that this process drove. */
export function ending(
  result: Result,
  reason: ReasonCode,
  cause: DecisionCause | null,
  verdict: Verdict | null = null,
): Ending {
  return { result, reason, cause, verdict }
}
