import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome.ts'
import type { ReasonCode } from '../../release/reasons.ts'
import { rollBackTraffic } from '../../rollout/actions/roll-back.ts'
import { heldState } from '../../rollout/session.ts'
import * as transitions from '../../rollout/state/transitions.ts'
import { applyState, writeTime } from '../../rollout/state/writer.ts'
import { endingOutcome, outcomeOf, reasonOfError } from '../outcomes.ts'
import type { CommandSession } from '../session/command-session.ts'

/** Time for putting traffic back after the run was cancelled, where no later step does it (ms, real time). */
const cleanUpTime = 60_000

/**
 * recoverFromFailure ends a release that can't go on: cancelled, taken over, or broken. It puts traffic back where that is
 * this process's to do, and says exactly where traffic stands.
 */
export async function recoverFromFailure(work: CommandSession, error: unknown): Promise<Outcome> {
  const { request, context, session, recorder } = work
  const state = heldState(session)
  const at = (said: Parameters<typeof outcomeOf>[2]) => outcomeOf(request, session.held?.state ?? state, said)
  if (isFailure(error, 'superseded')) {
    return at({ result: 'in-progress', reason: 'superseded', message: sentenceOf(error) })
  }
  if (isFailure(error, 'state-lost')) {
    return at({
      result: 'unsafe',
      reason: 'drift',
      message: `${sentenceOf(error)} kubectl -n ${request.namespace} get virtualservices -o yaml`,
    })
  }
  const cancelled = context.signal.aborted
  if (cancelled && context.hasPost) {
    const message = `Cancelled at ${state.weight}%. The post step ${request.settings.onCancel === 'rollback' ? 'puts traffic back' : 'pauses the release there'}; if it can't run: shiftgate abort.`
    return at({ result: 'in-progress', reason: 'cancelled', message })
  }
  if (!cancelled) recorder.record({ type: 'warning', code: 'rescue', text: sentenceOf(error) })
  return applyOnCancel(
    work,
    cancelled ? 'cancelled' : reasonOfError(error),
    cancelled ? '' : sentenceOf(error),
  )
}

/** applyOnCancel does what `on-cancel` says to a release in flight that this process holds. */
export async function applyOnCancel(
  work: CommandSession,
  reason: ReasonCode,
  text: string,
): Promise<Outcome> {
  const { request, session } = work
  const signal = AbortSignal.timeout(cleanUpTime)
  const state = heldState(session)
  const why = text === '' ? '' : ` ${text}`
  try {
    if (reason === 'cancelled' && request.settings.onCancel === 'pause') {
      const deadline = session.clock.now() + writeTime.optional
      await applyState(
        session,
        (state, now) => transitions.paused(state, 'cancelled', now),
        { deadline },
        signal,
      )
      return endingOutcome(request, heldState(session), {
        result: 'paused',
        reason,
        text: '',
        verdict: null,
      })
    }
    if (state.stable === null) {
      const message = `The first version ${state.canary.version} keeps all traffic: there is nothing to return to.${why}`
      return outcomeOf(request, state, { result: 'in-progress', reason, message })
    }
    await rollBackTraffic(session, reason, signal)
    return endingOutcome(request, heldState(session), {
      result: 'rolled-back',
      reason,
      text,
      verdict: null,
    })
  } catch (error) {
    if (isFailure(error, 'superseded')) {
      return outcomeOf(request, state, {
        result: 'in-progress',
        reason: 'superseded',
        message: sentenceOf(error),
      })
    }
    const run = `shiftgate abort --namespace ${request.namespace} --service ${request.service}`
    const message = `Traffic was last asked to be ${state.weight}% on ${state.canary.version} and could not be put back: ${sentenceOf(error)}${why} Run: ${run}`
    return outcomeOf(request, state, { result: 'unsafe', reason: 'rollback-failed', message })
  }
}
