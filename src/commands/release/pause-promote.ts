import { isFailure, sentenceOf } from '../../release/failure.ts'
import { refText } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome.ts'
import { exitCodes } from '../../release/reasons.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { acquireLease, releaseLease } from '../../rollout/lifecycle/lease.ts'
import { driveRelease } from '../../rollout/loop/loop.ts'
import { findState, heldState } from '../../rollout/session.ts'
import { endingOutcome, failedOutcome, olderReleaseOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { CommandSession } from '../session/command-session.ts'
import { leaseTerms, readCluster } from '../session/command-session.ts'
import { recordExistingRelease } from '../session/record-header.ts'
import { sendCommand, takeOver, waitForHolder } from './rollback.ts'

/**
 * pauseOrPromote pauses or promotes the release in flight: the process that drives it is asked and given 20 s; where
 * there is none, this one takes over and does it. Repeating an order that already holds changes nothing.
 */
export async function pauseOrPromote(work: CommandSession, word: 'pause' | 'promote'): Promise<Outcome> {
  const { request, context, session } = work
  try {
    const found = (await readCluster(work, context.signal)).found
    const state = found?.state ?? null
    if (!found || !inFlight(state)) return nothingInFlight(work, state, word)
    if (state.begunUnder !== undefined) return olderReleaseOutcome(request, state)
    if (word === 'pause' && state.phase === 'paused') return requestedOutcome(work, state)
    recordExistingRelease(work, state)
    await sendCommand(work, state, refText(found.home), word)
    const holds = (now: ReleaseState) => word === 'pause' && now.phase === 'paused'
    const obeyed = await waitForHolder(work, state.id, holds)
    if (obeyed) return requestedOutcome(work, obeyed)
    session.lease = await acquireLease(leaseTerms(work), { force: true }, context.signal)
    const now = findState(await session.routes.routing(request.namespace, context.signal), session.scope)
    if (!now || !inFlight(now.state)) return nothingInFlight(work, now?.state ?? null, word)
    session.held = now
    await takeOver(work)
    const end = await driveRelease(session, context.signal)
    const done = endingOutcome(request, heldState(session), end)
    const asked = end.reason === 'paused-by-command' || end.reason === 'promoted-by-command'
    return asked ? { ...done, exitCode: exitCodes.done } : done
  } catch (error) {
    if (isFailure(error, 'refused'))
      return refusedOutcome(request, null, 'route-not-editable', sentenceOf(error))
    return failedOutcome(request, session.held?.state ?? null, error)
  } finally {
    if (session.lease) await releaseLease(session.lease, AbortSignal.timeout(5_000))
  }
}

function nothingInFlight(
  work: CommandSession,
  state: ReleaseState | null,
  word: 'pause' | 'promote',
): Outcome {
  const { request } = work
  if (word === 'promote' && state?.phase === 'promoted') return requestedOutcome(work, state)
  return refusedOutcome(
    request,
    state,
    'nothing-to-do',
    `No release of ${request.namespace}/${request.service} is in flight: there is nothing to ${word}.`,
  )
}

function requestedOutcome(work: CommandSession, state: ReleaseState): Outcome {
  const { request } = work
  const target = `${request.namespace}/${request.service}`
  if (state.phase === 'paused') {
    return outcomeOf(request, state, {
      result: 'paused',
      reason: 'paused-by-command',
      requested: true,
      message: `${state.canary.version} stands at ${state.weight}% of ${target}. Run "shiftgate resume" to go on, "shiftgate abort" to put traffic back.`,
    })
  }
  if (state.phase === 'promoted') {
    return outcomeOf(request, state, {
      result: 'promoted',
      reason: 'promoted-by-command',
      message: `${state.canary.version} serves all of ${target}.`,
    })
  }
  return outcomeOf(request, state, {
    result: 'refused',
    reason: 'nothing-to-do',
    message: `Release ${state.id} ended before the order was read: traffic is on ${state.stable?.version ?? state.canary.version}.`,
  })
}
