import { Failure } from '../../release/failure.ts'
import type { RoutingSnapshot } from '../../release/kubernetes.ts'
import type { ReasonCode } from '../../release/reasons.ts'
import { canaryShare, planRestore } from '../../routing/istio/routing.ts'
import { routeObjects } from '../loop/route-reading.ts'
import type { Session } from '../session.ts'
import { findState, heldState, pairOf } from '../session.ts'
import * as journal from '../state/transitions.ts'
import { applyRouteChange, retryTransient } from '../state/writer.ts'
import type { RoutePlanner } from './step.ts'

/** How long putting traffic back is tried (ms). */
const restorePatience = 120_000

/**
 * rollBackTraffic puts all of the pair's traffic on stable, in one patch an object, and reads back to be sure. It needs no
 * Prometheus. It throws Failure when that could not be reached in time: traffic is then not in a safe state.
 */
export async function rollBackTraffic(
  session: Session,
  reason: ReasonCode,
  signal: AbortSignal,
): Promise<void> {
  const until = session.clock.now() + restorePatience
  const restore: RoutePlanner = (snapshot, pair, annotations) =>
    planRestore(snapshot, pair, heldState(session).restore, annotations)
  const next = (now: number) => journal.rolledBack(heldState(session), reason, now)
  // A server that is away for a moment must not cost the rollback: readings are tried as long as writes.
  const routing = () =>
    retryTransient(session, until, () => session.routes.routing(session.scope.namespace, signal), signal)
  const before = await routing()
  if (routeObjects(before, session.scope).length > 1) {
    const begin = () => journal.rollingBack(heldState(session), reason)
    await applyRouteChange(
      session,
      { next: begin, plan: restore, direction: 'back', dryRun: false, until },
      signal,
    )
  }
  for (;;) {
    await applyRouteChange(session, { next, plan: restore, direction: 'back', dryRun: false, until }, signal)
    const snapshot = await routing()
    if (isBack(session, snapshot)) return
    if (session.clock.now() >= until) break
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
