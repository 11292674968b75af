import type { RouteSnapshot } from '../../routing/routing.ts'
import type { Session } from '../session.ts'
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
