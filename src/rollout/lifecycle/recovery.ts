import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { DecisionCause, StableShortage } from '../../release/outcome/cause.ts'
import { isReasonCode, type ReasonCode } from '../../release/outcome/reasons.ts'
import type { Sight } from '../../release/outcome/sight.ts'
import type { Settings } from '../../release/settings.ts'
import { rollsBack } from '../../release/state/phases.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import { rollBackTraffic } from '../actions/roll-back/roll-back.ts'
import type { Session } from '../session.ts'
import { heldState, readStored } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState, writeTime } from '../state/writer.ts'

/** RecoveryTimes bound putting traffic back, in ms. */
export interface RecoveryTimes {
  /** How long pods of stable are waited for, on the release's clock; 0: what can be moved is moved once. */
  waitFor: number
  /** How long all of it may take, in real time. */
  limit: number
  /** While it lasts users are seen to follow, once all was written; null: nothing is awaited. */
  watch: AbortSignal | null
  /** The process was told to stop: nothing is waited for but the answers to its own calls. */
  stopping?: boolean
}

/** A process that was told to stop waits for nothing. */
const stopTimes: RecoveryTimes = { waitFor: 0, limit: 60_000, watch: null, stopping: true }
/** One that can't go on by itself sees users follow. */
const failedTimes = (watch: AbortSignal): RecoveryTimes => ({ waitFor: 0, limit: 60_000, watch })

/** How long the state of a release that was lost to somebody else is read (ms, real). */
const lookTime = 5_000

/**
 * Recovery is how a release stands that this process could not take to its end. `cause`: why, where the reason doesn't
 * say it all; `error`: the sentence of the error that ended it.
 */
export type Recovery =
  /** `ended`: who took the release over has put all traffic on stable; null: that isn't known. */
  | { kind: 'superseded'; error: string; ended: DecisionCause | null }
  | { kind: 'state-lost'; error: string }
  /** The post step of the action does what `on-cancel` says. */
  | { kind: 'left-to-post' }
  /** As `on-cancel: ignore` asks: the release stays in flight, and the next run goes on with it. */
  | { kind: 'left-in-flight' }
  | { kind: 'paused'; reason: ReasonCode }
  /** A first version keeps its traffic. */
  | { kind: 'kept'; reason: ReasonCode; cause: DecisionCause | null }
  | {
      kind: 'rolled-back'
      reason: ReasonCode
      cause: DecisionCause | null
      elsewhere: readonly string[]
      sight: Sight
    }
  /** The temporary canary that every step has passed has the traffic; what was stable has not taken it over. */
  | { kind: 'held'; reason: ReasonCode; cause: DecisionCause | null }
  /** Stable has too few ready pods to take the traffic. */
  | { kind: 'stable-unavailable'; shortage: StableShortage; cause: DecisionCause | null }
  | { kind: 'rollback-failed'; error: string; cause: DecisionCause | null }

/**
 * recoverFromFailure ends work on a release that can't go on: cancelled, taken over, or broken. It puts traffic back
 * where that is this process's to do. `reason` is what the error means for a release; `cancelled` wins over it.
 */
export async function recoverFromFailure(
  session: Session,
  error: unknown,
  reason: ReasonCode,
  run: { signal: AbortSignal; hasPost: boolean },
): Promise<Recovery> {
  const sentence = sentenceOf(error)
  if (isFailure(error, 'superseded')) return supersededRecovery(session, sentence)
  if (isFailure(error, 'state-lost')) return { kind: 'state-lost', error: sentence }
  const { settings } = session
  const state = heldState(session)
  const cancelled = run.signal.aborted
  if (cancelled && run.hasPost && !leavesInFlight(settings, state)) return { kind: 'left-to-post' }
  if (cancelled) return applyOnCancel(session, cancelReason(state), null)
  session.record({ type: 'warning', code: 'recovery', details: { error: sentence } })
  return applyOnCancel(session, reason, { kind: 'failure', sentence }, failedTimes(run.signal))
}

/** What became of a release that somebody else holds is read once: nothing depends on it but what is said. */
async function supersededRecovery(session: Session, error: string): Promise<Recovery> {
  try {
    const { found } = await readStored(session, AbortSignal.timeout(lookTime))
    return { kind: 'superseded', error, ended: found && endedBy(heldState(session), found.state, error) }
  } catch {
    return { kind: 'superseded', error, ended: null }
  }
}

/**
 * endedBy says who has put the release `ours` back, by the state `now` on the routes; null: nobody has, as far as that
 * tells. A release begins only where the one before has ended, and from the version that served then.
 */
export function endedBy(ours: ReleaseState, now: ReleaseState, error: string): DecisionCause | null {
  const isBack = now.phase === 'rolled-back' || now.phase === 'cleaning'
  if (now.id === ours.id) return isBack ? { kind: 'failure', sentence: error } : null
  if (now.fencingToken <= ours.fencingToken || now.stable?.version !== ours.stable?.version) return null
  const { id, canary, holder } = now
  return { kind: 'superseded', release: id, version: canary.version, holder }
}

/** leavesInFlight: a cancelled run leaves the release as it is. One that is rolling back already is never left there. */
export function leavesInFlight(
  { onCancel }: Pick<Settings, 'onCancel'>,
  state: Pick<ReleaseState, 'phase'> | null,
): boolean {
  return onCancel === 'ignore' && !(state !== null && rollsBack(state.phase))
}

/** cancelReason gives the reason for what a cancelled run does: a release that is rolling back already keeps its own. */
export function cancelReason({ phase, reason }: Pick<ReleaseState, 'phase' | 'reason'>): ReasonCode {
  return rollsBack(phase) && isReasonCode(reason) ? reason : 'cancelled'
}

/**
 * applyOnCancel does what `on-cancel` says to a release in flight that the session holds; for any other reason than
 * `cancelled`, and where a roll-back had begun already, it is ended.
 */
export async function applyOnCancel(
  session: Session,
  reason: ReasonCode,
  cause: DecisionCause | null,
  { limit, ...times }: RecoveryTimes = stopTimes,
): Promise<Recovery> {
  const signal = AbortSignal.timeout(limit)
  const state = heldState(session)
  const isRollback = reason !== 'cancelled' || rollsBack(state.phase)
  const holds = takeoverOf(state) !== null && session.settings.onCancel !== 'ignore'
  const onCancel = isRollback || holds ? 'rollback' : session.settings.onCancel
  if (onCancel === 'ignore') return { kind: 'left-in-flight' }
  try {
    if (onCancel === 'pause') {
      await pauseRelease(session, signal)
      return { kind: 'paused', reason }
    }
    if (heldState(session).stable === null) return { kind: 'kept', reason, cause }
    const result = await rollBackTraffic(session, { reason, canaryFails: null, ...times }, signal)
    return result.kind === 'rolled-back'
      ? { kind: 'rolled-back', reason, cause, elsewhere: result.elsewhere, sight: result.sight }
      : result.kind === 'held'
        ? { kind: 'held', reason, cause }
        : { kind: 'stable-unavailable', shortage: result.shortage, cause }
  } catch (error) {
    const sentence = sentenceOf(error)
    if (isFailure(error, 'superseded')) return supersededRecovery(session, sentence)
    return { kind: 'rollback-failed', error: sentence, cause }
  }
}

async function pauseRelease(session: Session, signal: AbortSignal): Promise<void> {
  const deadline = session.clock.now() + writeTime.optional
  await applyState(session, (state, now) => transitions.paused(state, 'cancelled', now), { deadline }, signal)
}
