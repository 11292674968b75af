import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { rollBackTraffic } from '../actions/roll-back.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState, writeTime } from '../state/writer.ts'

/** Time for putting traffic back after the run was cancelled, where no later step does it (ms, real time). */
const recoveryTime = 60_000

/** Recovery is how a release stands that this process could not take to its end. `text` says why, in sentences. */
export type Recovery =
  | { kind: 'superseded'; text: string }
  | { kind: 'state-lost'; text: string }
  /** The post step of the action does what `on-cancel` says. */
  | { kind: 'left-to-post' }
  | { kind: 'paused'; reason: ReasonCode }
  /** A first version keeps its traffic. */
  | { kind: 'kept'; reason: ReasonCode; text: string }
  | { kind: 'rolled-back'; reason: ReasonCode; text: string }
  /** Stable has too few ready pods to take the traffic. */
  | { kind: 'stable-unavailable'; text: string }
  | { kind: 'rollback-failed'; text: string }

/**
 * recoverFromFailure ends work on a release that can't go on: cancelled, taken over, or broken. It puts traffic back
 * where that is this process's to do. `reason` is what the error means for a release; `cancelled` wins over it.
 */
export async function recoverFromFailure(
  session: Session,
  error: unknown,
  reason: ReasonCode,
  run: { cancelled: boolean; hasPost: boolean },
): Promise<Recovery> {
  const text = sentenceOf(error)
  if (isFailure(error, 'superseded')) return { kind: 'superseded', text }
  if (isFailure(error, 'state-lost')) return { kind: 'state-lost', text }
  if (run.cancelled) return run.hasPost ? { kind: 'left-to-post' } : applyOnCancel(session, 'cancelled', '')
  session.record({ type: 'warning', code: 'recovery', text })
  return applyOnCancel(session, reason, text)
}

/**
 * applyOnCancel does what `on-cancel` says to a release in flight that the session holds; for any other reason than
 * `cancelled` traffic is put back.
 */
export async function applyOnCancel(session: Session, reason: ReasonCode, text: string): Promise<Recovery> {
  const signal = AbortSignal.timeout(recoveryTime)
  try {
    if (reason === 'cancelled' && session.settings.onCancel === 'pause') {
      await pauseRelease(session, signal)
      return { kind: 'paused', reason }
    }
    if (heldState(session).stable === null) return { kind: 'kept', reason, text }
    const result = await rollBackTraffic(session, { reason, canaryFails: null, waitFor: 0 }, signal)
    return result.kind === 'rolled-back'
      ? { kind: 'rolled-back', reason, text }
      : { kind: 'stable-unavailable', text: [result.text, text].filter(Boolean).join(' ') }
  } catch (error) {
    if (isFailure(error, 'superseded')) return { kind: 'superseded', text: sentenceOf(error) }
    return { kind: 'rollback-failed', text: [sentenceOf(error), text].filter(Boolean).join(' ') }
  }
}

async function pauseRelease(session: Session, signal: AbortSignal): Promise<void> {
  const deadline = session.clock.now() + writeTime.optional
  await applyState(session, (state, now) => transitions.paused(state, 'cancelled', now), { deadline }, signal)
}
