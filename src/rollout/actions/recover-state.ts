import type { RouteSnapshot } from '../../routing/routing.ts'
import { isDrift } from '../decision/drift.ts'
import type { Ending } from '../ending.ts'
import { ending } from '../ending.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { heldState, pairOf } from '../session.ts'
import { ownState } from '../state/ownership.ts'
import * as transitions from '../state/transitions.ts'
import { applyState } from '../state/writer.ts'
import { pinChange } from './roll-back/proof.ts'
import { rollBackTraffic } from './roll-back/roll-back.ts'
import { endStep } from './step.ts'

/** After this many times the release is put back: somebody goes on taking its state away. */
const mostRecoveries = 3

/**
 * recoverState goes on without the state on the routes, which this process knows. Where only the note was taken away
 * it is written anew, and the release goes on; where the routes were changed with it, traffic is put back.
 */
export async function recoverState(
  session: Session,
  memory: LoopMemory,
  error: string,
  signal: AbortSignal,
): Promise<Ending | null> {
  memory.snapshot = null
  const snapshot = await session.routing.read(session.scope.namespace, signal)
  // One odd answer is no loss: all routes were read once more.
  if (ownState(session, snapshot)) return null
  memory.recoveries += 1
  session.writesStateAnew = true
  session.record({ type: 'warning', code: 'state-lost', details: { error } })
  const again = memory.recoveries <= mostRecoveries
  if (again && isUntouched(session, snapshot)) {
    await applyState(session, (held) => held, {}, signal)
    return null
  }
  // A first version has nothing to go back to: whoever holds its routes now must be asked.
  if (heldState(session).stable === null) return holdHere(session, error, signal)
  endStep(session, memory, null)
  const waitFor = session.settings.capacityTimeout
  const why = { reason: 'drift' as const, canaryFails: null, waitFor, watch: signal }
  const result = await rollBackTraffic(session, why, signal)
  const cause = { kind: 'failure' as const, sentence: error }
  if (result.kind === 'rolled-back') {
    const { elsewhere, sight } = result
    return { ...ending('rolled-back', 'drift', cause), elsewhere, sight }
  }
  if (result.kind === 'held') return ending('in-progress', 'takeover-failed', cause)
  const { shortage } = result
  return ending('unsafe', 'stable-unavailable', { kind: 'stable-shortage', shortage, reason: null, cause })
}

/** isUntouched tells whether the routes ask for what the release set, and only its note is gone. */
function isUntouched(session: Session, snapshot: RouteSnapshot): boolean {
  const state = heldState(session)
  const { objects } = session.routing.view(snapshot, session.scope)
  // Where the object is gone that held the state, so are the weights of whomever it bound.
  if (!objects.includes(session.held?.home ?? '')) return false
  if (state.phase === 'shifting' || state.phase === 'rolling-back') return false
  if (state.stable === null) return true
  const share = session.routing.canaryShare(snapshot, pairOf(session.scope, state))
  return !isDrift(share, state.weight)
}

async function holdHere(session: Session, error: string, signal: AbortSignal): Promise<Ending> {
  const { objects } = session.routing.view(
    await session.routing.read(session.scope.namespace, signal),
    session.scope,
  )
  const routes = objects.length > 0 ? {} : { routes: await pinChange(session, signal) }
  await applyState(session, (state, now) => transitions.paused(state, 'drift', now), routes, signal)
  return ending('paused', 'drift', { kind: 'failure', sentence: error })
}
