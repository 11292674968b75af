import type { DecisionCause, ShareDrift } from '../../release/outcome/cause.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { Settings } from '../../release/settings.ts'
import type { PreTrafficKind, ReleaseState } from '../../release/state/state.ts'
import type { Verdict, VerdictReason } from '../../release/verdict.ts'
import type { Assessment } from '../evidence/assessment.ts'
import type { Readiness } from './capacity.ts'
import type { ObservedShare, SettlingState } from './settling.ts'

/** What other workflows may tell a running release; `supersede`: a newer release takes its place. */
export type RemoteCommandName = 'pause' | 'abort' | 'promote' | 'supersede'

/** Outage is why the source of metrics gave no usable answer, and what it said. */
export interface Outage {
  reason: ReasonCode
  /** What the failed question gave, as its error says it; null: nothing more is known. */
  sentence: string | null
  /** Gate whose question it was; absent: that of the release's own counts. */
  gate?: string
}

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
  outage: Outage | null
  /** The same of a gate that decides; absent: all were answered. */
  gateOutage?: Outage
  settled: SettlingState | null
  /** Requests that show, beyond doubt, more than the asked share while a step is observed; null: none do. */
  excessShare: ObservedShare | null
  /** Who changed what, where `asked` is not what was set; absent where nothing says it. */
  changedBy?: string
}

/** Why nothing is to be done now. */
type WaitReason = 'settling' | 'no-poll' | PreTrafficKind | VerdictReason | ReasonCode

/** Decision is the one thing to do next. */
export type Decision =
  | { do: 'wait'; why: WaitReason }
  | { do: 'wait-for-pods'; cause: DecisionCause }
  /** `short`: it goes on with fewer pods than the share needs. */
  | { do: 'shift'; step: number; weight: number; passed: Verdict | null; short: DecisionCause | null }
  | { do: 'make-canary' }
  | { do: 'scale-canary'; replicas: number }
  | { do: 'complete-shift' }
  | { do: 'start-timer'; seen: 'as-asked' | 'lower' | 'higher' | 'unknown'; observed: ObservedShare | null }
  | { do: 'start-pre-traffic'; kind: PreTrafficKind }
  | { do: 'end-pre-traffic'; kind: PreTrafficKind }
  /** `error`: the sentence of the error that says what was lost. */
  | { do: 'recover-state'; error: string }
  | { do: 'restore'; drift: ShareDrift }
  | { do: 'adopt'; weight: number; step: number; drift: ShareDrift }
  | { do: 'promote'; reason: ReasonCode; cause: DecisionCause | null; verdict: Verdict | null }
  | { do: 'roll-back'; reason: ReasonCode; cause: DecisionCause | null; verdict: Verdict | null }
  | { do: 'pause'; reason: ReasonCode; cause: DecisionCause | null; verdict: Verdict | null }
  | { do: 'stop-unsafe'; reason: ReasonCode; cause: DecisionCause | null; verdict: Verdict | null }
