import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome.ts'
import { exitCodes } from '../../release/reasons.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { acquireLease, releaseLease } from '../../rollout/lifecycle/lease.ts'
import { findState } from '../../rollout/session.ts'
import { failedOutcome, outcomeOf } from '../outcomes.ts'
import type { CommandSession } from '../session/command-session.ts'
import { leaseTerms, readCluster } from '../session/command-session.ts'
import { recordExistingRelease } from '../session/record-header.ts'
import { applyOnCancel } from './failure-recovery.ts'
import { takeOver } from './rollback.ts'

/**
 * reconcile puts a release right whose holder vanished: what `on-cancel` says is done. A living holder is left
 * alone, a paused release too: somebody decided that.
 */
export async function reconcile(work: CommandSession): Promise<Outcome> {
  const outcome = await cleanUp(work, () => true)
  // What was asked for, nothing left half-shifted, holds.
  return outcome.result === 'rolled-back' || outcome.result === 'paused'
    ? { ...outcome, exitCode: exitCodes.done }
    : outcome
}

/** post is the post step: it does what `on-cancel` says if this very run still holds the release. */
export async function post(work: CommandSession): Promise<Outcome | null> {
  const { request, context, session } = work
  const scene = await readCluster(work, context.signal)
  const state = scene.found?.state ?? null
  const lease = await session.leases.lease(request.namespace, leaseTerms(work).name, context.signal)
  if (!inFlight(state) || state.run !== request.run || lease?.run !== request.run || lease.holder === '')
    return null
  return cleanUp(work, (run) => run === request.run)
}

async function cleanUp(work: CommandSession, ours: (run: string) => boolean): Promise<Outcome> {
  const { request, context, session } = work
  try {
    const state = (await readCluster(work, context.signal)).found?.state ?? null
    if (!inFlight(state) || state.phase === 'paused' || !ours(state.run)) {
      return nothingToDo(work, `No release of ${request.namespace}/${request.service} was left behind.`)
    }
    session.lease = await acquireLease(leaseTerms(work), { force: false }, context.signal)
    const now = findState(await session.routes.routing(request.namespace, context.signal), session.scope)
    if (!now || !inFlight(now.state)) return nothingToDo(work, `Release ${state.id} has ended meanwhile.`)
    session.held = now
    recordExistingRelease(work, now.state)
    await takeOver(work)
    return await applyOnCancel(work, 'cancelled', `It had been left by ${now.state.holder}`)
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(work, sentenceOf(error))
    return failedOutcome(request, session.held?.state ?? null, error)
  } finally {
    if (session.lease) await releaseLease(session.lease, AbortSignal.timeout(5_000))
  }
}

function nothingToDo(work: CommandSession, message: string): Outcome {
  return outcomeOf(work.request, null, { result: 'ok', reason: 'nothing-to-do', message })
}
