import type { VersionRef } from '../../../release/state/state.ts'
import { reachedShare } from '../../../routing/reach.ts'
import type { RouteView } from '../../../routing/routing.ts'
import type { Session } from '../../session.ts'
import { heldState, pairOf, toSide } from '../../session.ts'
import { applyRoutes, refusedPlan, writeTime } from '../../state/writer.ts'
import { readRoutes, readWorkloads } from '../reach-check.ts'

/**
 * ensureStableDestination gives stable a destination that selects its pods, where somebody took it away or made another of
 * it: no weight goes to a destination that reaches nobody. `stopping`: nothing is waited for. It throws
 * Failure('refused') where none can be made.
 */
export async function ensureStableDestination(
  session: Session,
  stopping: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { routing, scope, clock, settings } = session
  const { stable } = heldState(session)
  if (stable === null) return
  const deadline = clock.now() + writeTime.back
  const snapshot = await readRoutes(session, deadline, signal)
  const view = routing.view(snapshot, scope)
  const workloads = await readWorkloads(session, signal)
  const reach = routing.reach(snapshot, pairOf(scope, heldState(session)), workloads)
  const destination = destinationFor(stable, view, reachedShare(reach, stable.version).max > 0)
  if (destination === stable.destination && hasDestination(stable, view)) return
  const side = toSide({ ...stable, destination })
  const pair = { ...scope, stable: side, canary: side }
  const prepared = routing.plan(snapshot, pair, { kind: 'prepare' })
  if (!prepared.ok) throw refusedPlan(prepared.problems)
  const written = await applyRoutes(session, pair, { kind: 'prepare' }, { deadline }, signal)
  if (written > 0 && !stopping) await clock.sleep(settings.settleMin, signal)
  if (session.held === null || destination === stable.destination) return
  // What the routes were before names the destination that is no good any more.
  const { state } = session.held
  session.held.state = { ...state, stable: { ...stable, destination }, restore: null }
}

/** hasDestination: a version with a Service of its own needs none, and without any route none is named. */
function hasDestination({ host, destination }: VersionRef, view: RouteView): boolean {
  return host !== undefined || view.objects.length === 0 || view.destinations.includes(destination)
}

/**
 * destinationFor gives the destination that selects a version: its own, another that does, else the name of a new one.
 * `reached`: the version's pods get requests by the routes as they are.
 */
function destinationFor(
  { version, host, destination }: VersionRef,
  view: RouteView,
  reached: boolean,
): string {
  if (host !== undefined || view.objects.length === 0) return destination
  const known = view.destinationOf(version)
  const routed = view.serving.find((entry) => entry.destination === destination)
  // Labels that tell no version are somebody's own choice, as long as they reach its pods.
  const unclear = routed !== undefined && routed.version === null && (reached || routed.share <= 0)
  const fits = unclear || (routed === undefined ? known.name === destination : routed.version === version)
  if (view.destinations.includes(destination)) return fits ? destination : known.name
  return known.exists ? known.name : destination
}
