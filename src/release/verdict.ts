import type { InfrastructureIssue } from './evidence/gate-evidence.ts'

/** The verdict's answers. `hold`: no shift now. `inconclusive`: the step's time is up. */
export type VerdictKind = 'pass' | 'fail' | 'continue' | 'hold' | 'inconclusive'

export type VerdictReason =
  | 'not-worse'
  | 'worse-than-stable'
  | 'over-limit'
  | 'no-data'
  | 'no-traffic'
  | 'shared-degradation'
  | 'suspicious'
  | 'too-little-evidence'
  | 'min-duration'
  | 'collecting'
  | 'infrastructure'
  | 'within-limits'
  | 'outside-limits'
  | 'bad-data'
  | 'metrics-outage'
  | 'metrics-partial'

/** Verdict is the engine's answer after one poll. */
export interface Verdict {
  /** Seconds since the release started, of the poll that gave it. */
  t: number
  verdict: VerdictKind
  reason: VerdictReason
  /** What became of the poll: `anchor`, `ok`, `missing`, `reset`, `open`. */
  note: 'anchor' | 'ok' | 'missing' | 'reset' | 'open'
  /** Gate that decided, where it isn't the total of the errors gate. */
  gate?: string
  /** Route that decided, of that gate. */
  route?: string
  /** Evidence in words that the numbers don't hold: a reading; in older records what nodes showed. May hold outside text. */
  detail?: string
  /** What is degraded under the canary, where that is the reason. */
  infrastructure?: InfrastructureIssue
  /** Natural logarithms of the evidence. */
  logAbort: number
  /** What `logAbort` must reach to prove harm; absent where limits decide, and in older records. */
  logAbortNeeded?: number
  logPass: number
  /** That the canary is below the absolute limit; absent where there is none. */
  logBelowLimit?: number
  logPoll: number
  logLr: number
  logGap: number
  /** Dispersion; null while unknown. */
  phi: number | null
  /** Requests and bad requests of the release's blocks so far, and of the canary in this step. */
  numbers: {
    canary: { total: number; bad: number }
    stable: { total: number; bad: number }
    stepCanaryTotal: number
    stepSeconds: number
  }
  /** What is still needed for a pass; null where nothing is or where it cannot be said. */
  needed: {
    /** More canary requests, at today's rates, until a good release would pass; null where unknown. */
    requests: number | null
    /** Seconds until the step's minimum time is over (0: it is). */
    seconds: number
  } | null
}
