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
import { pinChange, rollBackTraffic } from './roll-back.ts'
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
  text: string,
  signal: AbortSignal,
): Promise<Ending | null> {
  memory.snapshot = null
  const snapshot = await session.routing.read(session.scope.namespace, signal)
  // One odd answer is no loss: all routes were read once more.
  if (ownState(session, snapshot)) return null
  memory.recoveries += 1
  session.writesStateAnew = true
  session.record({ type: 'warning', code: 'state-lost', text })
  const again = memory.recoveries <= mostRecoveries
  if (again && isUntouched(session, snapshot)) {
    await applyState(session, (held) => held, {}, signal)
    return null
  }
  // A first version has nothing to go back to: whoever holds its routes now must be asked.
  if (heldState(session).stable === null) return holdHere(session, text, signal)
  endStep(session, memory, null)
  const waitFor = session.settings.capacityTimeout
  const cause = { reason: 'drift' as const, canaryFails: null, waitFor, watch: signal }
  const result = await rollBackTraffic(session, cause, signal)
  return result.kind === 'rolled-back'
    ? { ...ending('rolled-back', 'drift', text), elsewhere: result.elsewhere, sight: result.sight }
    : ending('unsafe', 'stable-unavailable', `${text} ${result.text}`)
}

/** isUntouched tells whether the routes ask for what the release set, and only its note is gone. */
function isUntouched(session: Session, snapshot: RouteSnapshot): boolean {
  const state = heldState(session)
  const { objects } = session.routing.view(snapshot, session.scope)
  if (objects.length === 0 || state.phase === 'shifting' || state.phase === 'rolling-back') return false
  if (state.stable === null) return true
  const share = session.routing.canaryShare(snapshot, pairOf(session.scope, state))
  return !isDrift(share, state.weight)
}

async function holdHere(session: Session, text: string, signal: AbortSignal): Promise<Ending> {
  const { objects } = session.routing.view(
    await session.routing.read(session.scope.namespace, signal),
    session.scope,
  )
  const routes = objects.length > 0 ? {} : { routes: await pinChange(session, signal) }
  await applyState(session, (state, now) => transitions.paused(state, 'drift', now), routes, signal)
  return ending('paused', 'drift', text)
}
