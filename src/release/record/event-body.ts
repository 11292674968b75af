import type { InfrastructureIssue } from '../evidence/gate-evidence.ts'
import type { DecisionCause } from '../outcome/cause.ts'
import type { PreviewChoice } from '../settings.ts'
import type { ReleaseState } from '../state/state.ts'
import type { Obstacle } from './obstacle.ts'
import type { Finding, RecordEvent } from './record.ts'
import type { ReleaseFinding } from './release-finding.ts'
import type { Warning } from './warning.ts'

type Body<Event> = Event extends unknown ? Omit<Event, 'at'> : never
type EventOf<Type extends RecordEvent['type']> = Extract<RecordEvent, { type: Type }>
/** Types of event that hold a sentence of ours: it is made of data when the event is recorded. */
type WordedType = 'warning' | 'phase' | 'infrastructure' | 'finding' | 'write'

/** PhaseChange is what a release waits for, or does, before and between its steps. */
export type PhaseChange =
  | { phase: 'waiting-for-pods'; cause: DecisionCause }
  | { phase: 'preview'; testers: PreviewChoice }
  /** Percent of the requests that are copied. */
  | { phase: 'mirror'; percent: number }
  /** `left`: how long the end of what is in the way is waited for, at most, in ms. */
  | { phase: 'queued'; version: string; behind: Obstacle; left: number }
  | { phase: 'superseding'; version: string; release: Extract<Obstacle, { kind: 'release' }> }
  /** Stable's own Deployment gets the image, while the canary has all traffic. */
  /** `unjudged`: it is a return to the image before. */
  | { phase: 'taking-over'; workload: string; image: string; unjudged?: true }
  /** Percent of the traffic that it gets back. */
  | { phase: 'handing-back'; percent: number }
  | { phase: 'preview-ended' }
  | { phase: 'mirror-ended' }

/** WrittenState is what a write of the release's state alone leaves there. */
export type WrittenState = Pick<ReleaseState, 'phase' | 'weight' | 'reason' | 'holder'>

/** EventBody is an event as it is recorded: data. Its time, and the sentence for people, are added then. */
export type EventBody =
  | Body<Exclude<RecordEvent, { type: WordedType }>>
  | ({ type: 'warning' } & Warning)
  | ({ type: 'phase' } & PhaseChange)
  | (Omit<EventOf<'infrastructure'>, 'at' | 'text'> & { issue: InfrastructureIssue })
  | { type: 'finding'; finding: Finding | ReleaseFinding }
  /** `state`: the write changed nothing but the state, and says what that means. */
  | (Body<EventOf<'write'>> & { state: WrittenState | null })
