import { Failure } from '../../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingSnapshot } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import { stateKey } from '../../release/target.ts'
import type { Scope } from '../../routing/istio/model/pair.ts'
import { buildRouteModel } from '../../routing/istio/routing.ts'
import type { Session } from '../session.ts'
import { confirmOwnWrite, findState } from '../session.ts'
import { stateLost, superseded } from '../state/writer.ts'
import type { LoopMemory } from './observation.ts'

/**
 * refreshRouting reads all routing once, and then, look by look, only the objects that route to the host.
 */
export async function refreshRouting(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<RoutingSnapshot> {
  const known = memory.snapshot
  if (known === null) {
    memory.snapshot = await session.routes.routing(session.scope.namespace, signal)
    return memory.snapshot
  }
  const fresh = new Map<string, KubeObject | null>()
  for (const ref of routeObjects(known, session.scope)) {
    fresh.set(refText(ref), await session.routes.object(ref, signal))
  }
  const virtualServices = known.virtualServices.flatMap((object) => {
    const now = fresh.get(refText({ kind: 'VirtualService', ...placeOf(object) }))
    return now === undefined ? [object] : now === null ? [] : [now]
  })
  memory.snapshot = { ...known, virtualServices }
  return memory.snapshot
}

const placeOf = (object: KubeObject) => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
})

/** routeObjects names the VirtualServices that route to the host, each once. */
export function routeObjects(snapshot: RoutingSnapshot, scope: Scope): ObjectRef[] {
  const refs = buildRouteModel(snapshot, scope).routes.map(
    (route) => [refText(route.object), route.object] as const,
  )
  return [...new Map(refs).values()]
}

/** checkedHome gives the object that holds the release, if it is still as this process last saw it. */
export function checkedHome(session: Session, snapshot: RoutingSnapshot): KubeObject {
  const found = findState(snapshot, session.scope)
  confirmOwnWrite(session, found)
  const held = session.held
  if (!held || !found) throw stateLost(session)
  if (found.text !== held.text) throw superseded(found.state)
  const home = snapshot.virtualServices.find(
    (object) => object.metadata.annotations?.[stateKey(session.scope)] === found.text,
  )
  if (!home) throw new Failure('internal', 'The release annotation was found and lost. Please report this.')
  return home
}
