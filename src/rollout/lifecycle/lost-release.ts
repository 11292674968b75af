import { Failure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import { hasEnded } from '../../release/state/phases.ts'
import type { ReleaseName } from '../../release/state/release-name.ts'
import { nameInState, parseReleaseName, stateFromName } from '../../release/state/release-name.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import type { RouteSnapshot, RouteView } from '../../routing/routing.ts'
import { readinessOf } from '../decision/capacity.ts'
import type { Session, UnreadableState } from '../session.ts'
import { pairOf } from '../session.ts'

/** LostRelease is a release in flight whose state is gone or can't be read, by what else names it. */
export interface LostRelease {
  name: ReleaseName
  /** null: its state is gone. */
  unreadable: UnreadableState | null
}

/** LostTraces are what can name a release whose state is lost; texts as they were found. */
interface LostTraces {
  unreadable: UnreadableState | null
  /** What the other objects of the release carry. */
  parts: readonly string[]
  lease: string | null
}

/**
 * identifyLost finds the release in flight that left these traces: what can be read of its state, else any of its parts,
 * else its Lease. A release that the state or the Lease calls ended is none: its traffic is where it belongs. The caller
 * has looked for a state that can be read, and found none.
 */
export function identifyLost({ unreadable, parts, lease }: LostTraces): ReleaseName | null {
  const inState = unreadable === null || unreadable.knows ? null : nameInState(unreadable.text)
  if (inState?.ended) return null
  const leased = parseReleaseName(lease)
  const named = [inState?.name ?? null, ...parts.map(parseReleaseName), leased]
  const [name = null] = named.filter((each) => each !== null)
  const promoted = leased?.ended === 'promoted' && leased.id === name?.id
  return promoted || name?.ended === 'promoted' ? null : name
}

/**
 * hidesLost tells whether a state of a release that has ended stands in the place of another one's, which these traces
 * name and which has traffic: somebody put an old copy there. `share` gives a canary's share (0–1) by the routes.
 */
export function hidesLost(
  found: Pick<ReleaseState, 'id' | 'phase' | 'fencingToken'>,
  { parts, lease }: Pick<LostTraces, 'parts' | 'lease'>,
  share: (name: ReleaseName) => number,
): ReleaseName | null {
  if (!hasEnded(found.phase)) return null
  const leased = parseReleaseName(lease)
  // A run that is tried again can give its release the name of the one before.
  const isLater = ({ id, fencingToken = 0 }: ReleaseName) =>
    id !== found.id || fencingToken > found.fencingToken
  const isOther = (name: ReleaseName | null): name is ReleaseName =>
    name !== null && name.ended === undefined && isLater(name) && share(name) > 0
  if (isOther(leased)) return leased
  // What a release left on other objects may be old itself: only a divided traffic needs an explanation.
  return parts.map(parseReleaseName).find((name) => isOther(name) && share(name) < 1) ?? null
}

/**
 * contradiction gives why a state can't be true: it names no earlier version, and the routes send requests to one. null: it
 * may be. Whoever believed it would take that version's traffic for the canary's own.
 */
export function contradiction(
  { phase, stable, canary }: Pick<ReleaseState, 'phase' | 'stable' | 'canary'>,
  serving: RouteView['serving'],
): Failure | null {
  if (stable !== null || hasEnded(phase)) return null
  const other = serving.find(
    ({ version, share }) => share > 0 && version !== null && version !== canary.version,
  )
  return other === undefined
    ? null
    : new Failure(
        'bad-answer',
        `It names no version before ${canary.version}, and the routes send requests to ${other.version}.`,
      )
}

/**
 * namedByRoutes gives the two sides of whatever divides the traffic, by the routes alone: `stable` is the version that
 * shall get all of it. null: the routes don't tell whom it is to be taken from.
 */
export function namedByRoutes(
  routes: Pick<RouteView, 'serving' | 'destinationOf'>,
  { namespace, service }: { namespace: string; service: string },
  stable: string,
): ReleaseName | null {
  const others = routes.serving.filter(({ version, share }) => version !== stable && share > 0)
  const [other] = others
  if (others.length !== 1 || !other || other.destination === null) return null
  return {
    id: `${namespace}-${service}-unknown`,
    stable: { version: stable, destination: routes.destinationOf(stable).name },
    canary: { version: other.version ?? other.destination, destination: other.destination },
  }
}

/**
 * adoptLost makes a lost release this session's, so that it can be ended like any other: its state is written anew with
 * the first write. The session must hold the Lease.
 */
export function adoptLost(
  session: Session,
  { name, unreadable }: LostRelease,
  seen: { routing: RouteSnapshot; workloads: WorkloadsSnapshot },
): void {
  const { routing, scope, holder, clock } = session
  const { workloads } = seen.workloads
  const owner = (version: string) => workloads.find((workload) => workload.version === version)
  const workloadOf = (version: string) => owner(version)?.name ?? ''
  const complete = (side: NonNullable<ReleaseName['stable']>) => ({
    ...side,
    workload: side.workload || workloadOf(side.version),
  })
  const state = stateFromName(
    { ...name, stable: name.stable && complete(name.stable), canary: complete(name.canary) },
    {
      weight: 0,
      holder,
      now: clock.now(),
      stableReady: podsToCarryAll(seen.workloads, name.stable?.version ?? null),
      image: (version) => owner(version)?.image ?? '',
    },
  )
  const { max } = routing.canaryShare(seen.routing, pairOf(scope, state))
  const weight = Math.round(max * 1e8) / 1e6
  const { fencingToken: known = 0, history: before = [] } = unreadable?.knows ?? {}
  const fencingToken = Math.max(state.fencingToken, known + 1)
  const history = before.length === 0 ? state.history : before
  session.held = {
    state: { ...state, weight, fencingToken, history },
    text: '',
    home: unreadable?.home ?? name.home ?? '',
  }
  session.writesStateAnew = true
}

/** podsToCarryAll gives the ready pods that a version needs to carry everything, where no release has noted it: those that it asks for. */
function podsToCarryAll(workloads: WorkloadsSnapshot, version: string | null): number {
  return version === null ? 0 : Math.max(1, readinessOf(workloads, version).desired ?? 1)
}
