import { Failure } from '../../release/failure.ts'
import type { RoutingSnapshot } from '../../release/kubernetes.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { canaryShare, planRestore } from '../../routing/istio/routing.ts'
import { routeObjects } from '../loop/route-reading.ts'
import type { Session } from '../session.ts'
import { findState, heldState, pairOf } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import {
  applyState,
  type RoutePlanner,
  retryTransient,
  type StateChange,
  writeTime,
} from '../state/writer.ts'

/**
 * rollBackTraffic puts all of the pair's traffic on stable, in one patch an object, and reads back to be sure. It needs no
 * Prometheus. It throws Failure when that could not be reached in time: traffic is then not in a safe state.
 */
export async function rollBackTraffic(
  session: Session,
  reason: ReasonCode,
  signal: AbortSignal,
): Promise<void> {
  const deadline = session.clock.now() + writeTime.back
  const routes: RoutePlanner = (snapshot, pair, annotations) =>
    planRestore(snapshot, pair, heldState(session).restore, annotations)
  const back: StateChange = { routes, direction: 'back', deadline }
  // A server that is away for a moment must not cost the rollback: readings are tried as long as writes.
  const routing = () =>
    retryTransient(session, deadline, () => session.routes.routing(session.scope.namespace, signal), signal)
  const before = await routing()
  if (routeObjects(before, session.scope).length > 1) {
    await applyState(session, (state) => transitions.rollingBack(state, reason), back, signal)
  }
  for (;;) {
    await applyState(session, (state, now) => transitions.rolledBack(state, reason, now), back, signal)
    const snapshot = await routing()
    if (isBack(session, snapshot)) return
    if (session.clock.now() >= deadline) break
    session.record({
      type: 'warning',
      code: 'read-back',
      text: 'The routes still name the canary: putting back again.',
    })
    await session.clock.sleep(1000, signal)
  }
  throw new Failure('refused', 'The routes still give the canary traffic after they were put back.')
}

function isBack(session: Session, snapshot: RoutingSnapshot): boolean {
  const found = findState(snapshot, session.scope)
  const state = heldState(session)
  return found?.state.id === state.id && canaryShare(snapshot, pairOf(session.scope, state)).max === 0
}
