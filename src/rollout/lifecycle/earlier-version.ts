import { Failure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Sight } from '../../release/outcome/sight.ts'
import type { Promotion, ReleaseState } from '../../release/state/state.ts'
import type { RouteSnapshot, RouteView } from '../../routing/routing.ts'
import { checkReach } from '../actions/reach-check.ts'
import { stillReached } from '../actions/roll-back.ts'
import { watchShare } from '../actions/share-watch.ts'
import type { Session } from '../session.ts'
import { heldState, toSide } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyRoutes, applyState, refusedPlan, type Transition, writeTime } from '../state/writer.ts'
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
 * returnToEarlier puts all traffic on an earlier version, without analysis: its destination first, where it is gone, then
 * every route at once, then a look where requests end. The session must hold the Lease and the state. It gives what routes
 * send to others than that version, as whole sentences. It throws Failure: `refused` where the routes can't be edited,
 * still name the version that is left, or reach it or nobody.
 */
export async function returnToEarlier(
  session: Session,
  to: Promotion,
  view: {
    routing: RouteSnapshot
    routes: RouteView
    workloads: WorkloadsSnapshot
    hosts: VersionHosts | null
  },
  signal: AbortSignal,
): Promise<{ elsewhere: string[]; sight: Sight }> {
  const target = asRoutedNow(to, view)
  const image = view.workloads.workloads.find((workload) => workload.version === to.version)?.image ?? ''
  const next: Transition = (state, now) =>
    transitions.takenOver(transitions.returned(state, target, image, now), session.holder)
  const deadline = session.clock.now() + writeTime.back
  const pair = {
    ...session.scope,
    stable: toSide(target),
    canary: toSide(next(heldState(session), session.clock.now()).canary),
    everywhere: true,
  }
  const { routing, scope, clock, settings } = session
  const prepared = routing.plan(view.routing, pair, { kind: 'prepare' })
  if (!prepared.ok) throw refusedPlan(prepared.problems)
  if (prepared.writes.length > 0) {
    await applyRoutes(session, pair, { kind: 'prepare' }, { dryRun: true, deadline }, signal)
    await clock.sleep(settings.settleMin, signal)
  }
  // Putting back asks nothing of the routes but that they can be read; a pin would refuse more.
  const routes = { kind: 'put-back' as const, restore: null, everywhere: true }
  await applyState(session, next, { routes, dryRun: true, deadline }, signal)
  if (routing.canaryShare(await routing.read(scope.namespace, signal), pair).max > 0) {
    throw new Failure(
      'refused',
      `The routes still give ${pair.canary.version} traffic after they were written.`,
    )
  }
  const writtenAt = clock.now()
  const { stray, harm } = await checkReach(session, pair, signal)
  if (harm) {
    throw new Failure(
      'refused',
      `The routes were written, and not everybody reaches ${target.version}: ${stray.join(' ')}`,
    )
  }
  const sight = await watchShare(session, writtenAt, signal)
  if (sight.kind === 'seen' && sight.lasting) throw stillReached(sight)
  return { elsewhere: stray, sight }
}

/** asRoutedNow gives the version's destination and host as the routes have them now: both can have changed since. */
function asRoutedNow(
  to: Promotion,
  { routes, hosts }: { routes: RouteView; hosts: VersionHosts | null },
): Promotion {
  const { name, exists } = routes.destinationOf(to.version)
  const destination = exists ? name : to.destination
  const host = hosts?.get(to.version) ?? to.host
  return host === undefined ? { ...to, destination } : { ...to, destination, host }
}
