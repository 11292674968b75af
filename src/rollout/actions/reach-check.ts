import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import { type ReachedRoute, strayTraffic } from '../../routing/reach.ts'
import type { RouteSnapshot, VersionPair } from '../../routing/routing.ts'
import type { Session } from '../session.ts'
import { retryTransient, writeTime } from '../state/writer.ts'

/** ReachCheck is what does not reach the version that was given all traffic. */
interface ReachCheck {
  /** One sentence a route; empty: every request reaches it. */
  stray: string[]
  /** Users who meet the version that was left, or nobody at all, are among them. */
  harm: boolean
}

/**
 * checkReach follows every route through its destinations to ready pods, once all was written: weights alone don't
 * say whom a user meets. Everybody is to reach `pair.stable`; another version of the service is harm where it is
 * `pair.canary`, or any where the pair is one version. It throws Failure where the cluster does not answer.
 */
export async function checkReach(
  session: Session,
  pair: VersionPair,
  signal: AbortSignal,
): Promise<ReachCheck> {
  const snapshot = await readRoutes(session, session.clock.now() + writeTime.optional, signal)
  const workloads = await readWorkloads(session, signal)
  const { routes } = session.routing.reach(snapshot, pair, workloads)
  return {
    stray: strayTraffic({ routes }, pair.stable.version),
    harm: routes.some((route) => route.any && isHarmful(route, pair)),
  }
}

function isHarmful({ reached, lost }: ReachedRoute, { stable, canary }: VersionPair): boolean {
  const only = stable.version === canary.version
  return (
    lost.length > 0 ||
    reached.some(
      ({ version }) => version !== stable.version && (only ? version !== null : version === canary.version),
    )
  )
}

/** readRoutes reads all routes; a server that is away for a moment must not cost a rollback: it is tried as long as writes are. */
export function readRoutes(session: Session, deadline: number, signal: AbortSignal): Promise<RouteSnapshot> {
  const { namespace } = session.scope
  return retryTransient(session, deadline, () => session.routing.read(namespace, signal), signal, 'back')
}

/** readWorkloads reads the pods behind the target, as patiently as `readRoutes`. */
export function readWorkloads(session: Session, signal: AbortSignal): Promise<WorkloadsSnapshot> {
  const { namespace, service } = session.scope
  const read = () => session.workloads.workloads(namespace, service, signal)
  return retryTransient(session, session.clock.now() + writeTime.optional, read, signal, 'back')
}
