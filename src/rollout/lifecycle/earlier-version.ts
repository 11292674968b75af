import { Failure } from '../../release/failure.ts'
import type { RoutingSnapshot, WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Promotion, ReleaseState } from '../../release/state/state.ts'
import {
  buildRouteModel,
  canaryShare,
  planRestore,
  planSubsets,
  subsetFor,
} from '../../routing/istio/routing.ts'
import type { Session } from '../session.ts'
import { heldState, toSide } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import {
  applyRoutes,
  applyState,
  type RoutePlanner,
  refusedPlan,
  type Transition,
  writeTime,
} from '../state/writer.ts'
import type { VersionHosts } from './identity.ts'

/**
 * earlierVersion gives where a rollback after a promotion goes: the version that is named, else the newest before the
 * serving one that was not rolled back itself; null: none is known.
 */
export function earlierVersion(state: ReleaseState | null, toVersion: string | null): Promotion | null {
  if (!state) return null
  if (toVersion !== null) return state.history.find((entry) => entry.version === toVersion) ?? null
  if (state.phase !== 'promoted') return null
  return state.history.find((entry) => entry.version !== state.canary.version && !entry.rolledBack) ?? null
}

/**
 * returnToEarlier puts all traffic on an earlier version, without analysis: its subset first, where it is gone, then
 * every route at once, then a look whether the routes say so. The session must hold the Lease and the state. It
 * throws Failure: `refused` where the routes can't be edited or still name the version that is left.
 */
export async function returnToEarlier(
  session: Session,
  to: Promotion,
  view: { routing: RoutingSnapshot; workloads: WorkloadsSnapshot; hosts: VersionHosts | null },
  signal: AbortSignal,
): Promise<void> {
  const target = destinationNow(session, to, view)
  const image = view.workloads.workloads.find((workload) => workload.version === to.version)?.image ?? ''
  const next: Transition = (state, now) =>
    transitions.takenOver(transitions.returned(state, target, image, now), session.holder, session.run)
  const deadline = session.clock.now() + writeTime.back
  const pair = {
    ...session.scope,
    stable: toSide(target),
    canary: toSide(next(heldState(session), session.clock.now()).canary),
  }
  const subsets = planSubsets(view.routing, pair)
  if (!subsets.ok) throw refusedPlan(subsets.problems)
  if (subsets.writes.length > 0) {
    const plan = (snapshot: RoutingSnapshot) => planSubsets(snapshot, pair)
    await applyRoutes(session, plan, { dryRun: true, deadline }, signal)
    await session.clock.sleep(session.settings.settleMin, signal)
  }
  // A way back asks nothing of the routes but that they can be understood; a pin would refuse more.
  const routes: RoutePlanner = (snapshot, sides, annotations) =>
    planRestore(snapshot, { ...sides, everywhere: true }, null, annotations)
  await applyState(session, next, { routes, direction: 'back', dryRun: true, deadline }, signal)
  const written = await session.routes.routing(session.scope.namespace, signal)
  if (canaryShare(written, { ...pair, everywhere: true }).max > 0) {
    throw new Failure(
      'refused',
      `The routes still give ${pair.canary.version} traffic after they were written.`,
    )
  }
}

/** destinationNow names the version's subset and host as the routes do now: both can have changed since. */
function destinationNow(
  session: Session,
  to: Promotion,
  view: { routing: RoutingSnapshot; hosts: VersionHosts | null },
): Promotion {
  const subset = subsetFor(buildRouteModel(view.routing, session.scope), to.version) ?? to.subset
  const host = view.hosts?.get(to.version) ?? to.host
  return host === undefined ? { ...to, subset } : { ...to, subset, host }
}
