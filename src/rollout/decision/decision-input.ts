import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { Settings } from '../../release/settings.ts'
import type { PreTrafficKind, ReleaseState } from '../../release/state/state.ts'
import type { Verdict } from '../../release/verdict.ts'
import type { Assessment } from '../evidence/assessment.ts'
import type { Readiness } from './capacity.ts'
import type { ObservedShare, SettlingState } from './settling.ts'

/** What other workflows may tell a running release. */
export type RemoteCommandName = 'pause' | 'abort' | 'promote'

/** DecisionInput is all that a decision looks at. Times in ms, shares 0–1. */
export interface DecisionInput {
  now: number
  settings: Settings
  state: ReleaseState
  readiness: Readiness
  /** Stable's ready pods now; null or absent where there is no stable version. */
  stableReady?: number | null
  /** When the canary's pods were first seen below half of what they need; null while they aren't. */
  lowSince: number | null
  /** The canary's share that the routes ask for, least and most over its routes; null where unreadable. */
  routedShare: { min: number; max: number } | null
  command: { name: RemoteCommandName; by: string } | null
  assessment: Assessment | null
  /** Why the last question to the source of metrics has no usable answer; null: it has one. */
  outage: ReasonCode | null
  settled: SettlingState | null
  /** Requests that show, beyond doubt, more than the asked share while a step is observed; null: none do. */
  excessShare: ObservedShare | null
  /** Who changed what, where `asked` is not what was set; absent where nothing says it. */
  changedBy?: string
}

/** Decision is the one thing to do next. */
export type Decision =
  | { do: 'wait'; why: string }
  | { do: 'wait-for-pods'; needed: number; why: string }
  | { do: 'shift'; step: number; weight: number; passed: Verdict | null; short: string | null }
  | { do: 'complete-shift' }
  | { do: 'start-timer'; seen: 'as-asked' | 'lower' | 'higher' | 'unknown'; observed: ObservedShare | null }
  | { do: 'start-pre-traffic'; kind: PreTrafficKind }
  | { do: 'end-pre-traffic'; kind: PreTrafficKind }
  | { do: 'recover-state'; text: string }
  | { do: 'restore'; text: string }
  | { do: 'adopt'; weight: number; step: number; text: string }
  | { do: 'promote'; reason: ReasonCode; text: string; verdict: Verdict | null }
  | { do: 'roll-back'; reason: ReasonCode; text: string; verdict: Verdict | null }
  | { do: 'pause'; reason: ReasonCode; text: string; verdict: Verdict | null }
  | { do: 'stop-unsafe'; reason: ReasonCode; text: string; verdict: Verdict | null }
