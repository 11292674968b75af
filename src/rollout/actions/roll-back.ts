import { Failure } from '../../release/failure.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { RouteSnapshot } from '../../routing/routing.ts'
import type { Session } from '../session.ts'
import { findState, heldState, pairOf } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState, retryTransient, type StateChange, writeTime } from '../state/writer.ts'

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
  const back: StateChange = { routes: { kind: 'put-back', restore: heldState(session).restore }, deadline }
  // A server that is away for a moment must not cost the rollback: readings are tried as long as writes.
  const { routing, scope } = session
  const read = () => retryTransient(session, deadline, () => routing.read(scope.namespace, signal), signal)
  if (routing.view(await read(), scope).objects.length > 1) {
    await applyState(session, (state) => transitions.rollingBack(state, reason), back, signal)
  }
  for (;;) {
    await applyState(session, (state, now) => transitions.rolledBack(state, reason, now), back, signal)
    if (isBack(session, await read())) return
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

function isBack(session: Session, snapshot: RouteSnapshot): boolean {
  const found = findState(session, snapshot)
  const state = heldState(session)
  const share = session.routing.canaryShare(snapshot, pairOf(session.scope, state))
  return found?.state.id === state.id && share.max === 0
}
