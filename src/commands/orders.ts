import { isFailure, sentenceOf } from '../release/failure.ts'
import { refText } from '../release/kubernetes.ts'
import type { Outcome } from '../release/outcome.ts'
import type { ReleaseState } from '../release/state.ts'
import { inFlight } from '../release/state-codec.ts'
import { acquireLease, dropLease } from '../rollout/lease.ts'
import { drive } from '../rollout/loop.ts'
import { findState, stateOf } from '../rollout/session.ts'
import { recordHead } from './head.ts'
import { ended, failed, outcomeOf, refused } from './outcomes.ts'
import { obeyedWithin, order, takeOver } from './rollback.ts'
import type { Workplace } from './workplace.ts'
import { leaseTerms, readScene } from './workplace.ts'

/**
 * giveOrder pauses or promotes the release in flight: the process that drives it is asked and given 20 s; where
 * there is none, this one takes over and does it. Repeating an order that already holds changes nothing.
 */
export async function giveOrder(work: Workplace, word: 'pause' | 'promote'): Promise<Outcome> {
  const { request, context, session } = work
  try {
    const found = (await readScene(work, context.signal)).found
    const state = found?.state ?? null
    if (!found || !inFlight(state)) return noRelease(work, state, word)
    if (word === 'pause' && state.phase === 'paused') return asAsked(work, state)
    recordHead(work, state)
    await order(work, state, refText(found.home), word)
    const holds = (now: ReleaseState) => word === 'pause' && now.phase === 'paused'
    const obeyed = await obeyedWithin(work, state.id, holds)
    if (obeyed) return asAsked(work, obeyed)
    session.lease = await acquireLease(leaseTerms(work), { force: true }, context.signal)
    const now = findState(await session.routes.routing(request.namespace, context.signal), session.scope)
    if (!now || !inFlight(now.state)) return noRelease(work, now?.state ?? null, word)
    session.held = now
    await takeOver(work)
    const end = await drive(session, context.signal)
    const done = ended(request, stateOf(session), end)
    const asked = end.reason === 'paused-by-command' || end.reason === 'promoted-by-command'
    return asked ? { ...done, exitCode: 0 } : done
  } catch (error) {
    if (isFailure(error, 'refused')) return refused(request, null, 'route-not-editable', sentenceOf(error))
    return failed(request, session.held?.state ?? null, error)
  } finally {
    if (session.lease) await dropLease(session.lease, AbortSignal.timeout(5_000))
  }
}

function noRelease(work: Workplace, state: ReleaseState | null, word: 'pause' | 'promote'): Outcome {
  const { request } = work
  if (word === 'promote' && state?.phase === 'promoted') return asAsked(work, state)
  return refused(
    request,
    state,
    'nothing-to-do',
    `No release of ${request.namespace}/${request.service} is in flight: there is nothing to ${word}.`,
  )
}

function asAsked(work: Workplace, state: ReleaseState): Outcome {
  const { request } = work
  const target = `${request.namespace}/${request.service}`
  if (state.phase === 'paused') {
    return outcomeOf(request, state, {
      result: 'paused',
      reason: 'paused-by-command',
      exitCode: 0,
      message: `${state.canary.version} stands at ${state.weight} % of ${target}. Run "shiftgate resume" to go on, "shiftgate abort" to put traffic back.`,
    })
  }
  if (state.phase === 'promoted') {
    return outcomeOf(request, state, {
      result: 'promoted',
      reason: 'promoted-by-command',
      exitCode: 0,
      message: `${state.canary.version} serves all of ${target}.`,
    })
  }
  return outcomeOf(request, state, {
    result: 'rolled-back',
    reason: 'nothing-to-do',
    exitCode: 3,
    message: `Release ${state.id} ended before the order was read: traffic is on ${state.stable?.version ?? state.canary.version}.`,
  })
}
