import type { RouteSnapshot } from '../../routing/routing.ts'
import type { FoundState, Session } from '../session.ts'
import { confirmOwnWrite, findState } from '../session.ts'
import { stateLost, superseded } from '../state/writer.ts'
import type { LoopMemory } from './memory.ts'

/** refreshRouting reads all routing once, and then, poll by poll, only the objects that route to the host. */
export async function refreshRouting(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<RouteSnapshot> {
  const { routing, scope } = session
  memory.snapshot =
    memory.snapshot === null
      ? await routing.read(scope.namespace, signal)
      : await routing.refresh(memory.snapshot, scope, signal)
  return memory.snapshot
}

/** checkHeldState gives the release as the routes hold it, if it is still as this process last saw it. */
export function checkHeldState(session: Session, snapshot: RouteSnapshot): FoundState {
  const found = findState(session, snapshot)
  confirmOwnWrite(session, found)
  const held = session.held
  if (!held || !found) throw stateLost(session)
  if (found.text !== held.text) throw superseded(found.state)
  return found
}
