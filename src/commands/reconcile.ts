import { isFailure, sentenceOf } from '../release/failure.ts'
import type { Outcome } from '../release/outcome.ts'
import { inFlight } from '../release/state-codec.ts'
import { acquireLease, dropLease } from '../rollout/lease.ts'
import { findState } from '../rollout/session.ts'
import { recordHead } from './head.ts'
import { failed, outcomeOf } from './outcomes.ts'
import { standDown } from './rescue.ts'
import { takeOver } from './rollback.ts'
import type { Workplace } from './workplace.ts'
import { leaseTerms, readScene } from './workplace.ts'

/**
 * reconcile puts a release right whose holder vanished: what `on-cancel` says is done. A living holder is left
 * alone, a paused release too: somebody decided that.
 */
export async function reconcile(work: Workplace): Promise<Outcome> {
  const outcome = await cleanUp(work, () => true)
  // What was asked for, nothing left half-shifted, holds.
  return outcome.result === 'rolled-back' || outcome.result === 'paused'
    ? { ...outcome, exitCode: 0 }
    : outcome
}

/** afterCancel is the post step: it does what `on-cancel` says if this very run still holds the release. */
export async function afterCancel(work: Workplace): Promise<Outcome | null> {
  const { request, context, session } = work
  const scene = await readScene(work, context.signal)
  const state = scene.found?.state ?? null
  const lease = await session.leases.lease(request.namespace, leaseTerms(work).name, context.signal)
  if (!inFlight(state) || state.run !== request.run || lease?.run !== request.run || lease.holder === '')
    return null
  return cleanUp(work, (run) => run === request.run)
}

async function cleanUp(work: Workplace, ours: (run: string) => boolean): Promise<Outcome> {
  const { request, context, session } = work
  try {
    const state = (await readScene(work, context.signal)).found?.state ?? null
    if (!inFlight(state) || state.phase === 'paused' || !ours(state.run)) {
      return nothing(work, `No release of ${request.namespace}/${request.service} was left behind.`)
    }
    session.lease = await acquireLease(leaseTerms(work), { force: false }, context.signal)
    const now = findState(await session.routes.routing(request.namespace, context.signal), session.scope)
    if (!now || !inFlight(now.state)) return nothing(work, `Release ${state.id} has ended meanwhile.`)
    session.held = now
    recordHead(work, now.state)
    await takeOver(work)
    return await standDown(work, 'cancelled', `It had been left by ${now.state.holder}`)
  } catch (error) {
    if (isFailure(error, 'refused')) return nothing(work, sentenceOf(error))
    return failed(request, session.held?.state ?? null, error)
  } finally {
    if (session.lease) await dropLease(session.lease, AbortSignal.timeout(5_000))
  }
}

function nothing(work: Workplace, message: string): Outcome {
  return outcomeOf(work.request, null, { result: 'ok', reason: 'nothing-to-do', exitCode: 0, message })
}
