import { routeLabelOf } from '../../gates/selection.ts'
import type { FailedRequests, PodRequests } from '../../release/evidence/failed-requests.ts'
import type { Pod } from '../../release/kubernetes.ts'
import { failureSpread } from '../evidence/failure-spread.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { countedHosts, heldState } from '../session.ts'

/** Time that a report's explanation may take, ms of real time: traffic is back already. */
const timeout = 10_000
/** Pods that are written down of each version, those that failed most. */
const mostPods = 20
const zoneLabel = 'topology.kubernetes.io/zone'

/**
 * recordFailedRequests writes down which requests failed and where, once the canary was rolled back, to explain it. No
 * failure of it changes anything: it never throws.
 */
export async function recordFailedRequests(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<void> {
  const state = heldState(session)
  // A process that only finishes a roll-back has counted nothing itself.
  const end = state.stepStates.at(-1)?.end ?? null
  const failed =
    memory.assessment?.polls.findLast(({ canary }) => canary !== null)?.canary?.bad ?? end?.canary[1] ?? 0
  const { source } = state
  if (source === null || session.withoutMetrics || failed === 0 || memory.outage !== null) return
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
  try {
    const found = await session.metrics.failedRequests(
      {
        host: countedHosts(session.scope, state),
        source,
        start: state.startedAt,
        until: memory.assessment === null ? (end?.at ?? memory.countedUntil) : memory.countedUntil,
        routeLabel: routeLabelOf(session.settings.gates),
      },
      within,
    )
    const { canary, stable } = locatedPods(found.pods, await podsBehind(session, within))
    const spread = failureSpread({ pods: { canary, stable } })
    const pods = { canary: canary.slice(0, mostPods), stable: stable.slice(0, mostPods) }
    session.record({ type: 'failed-requests', kinds: found.kinds, pods, spread })
  } catch {
    // The rollback is done, and was right without it.
  }
}

/** podsBehind reads the pods behind the Service; none where they can't be read: then no node is known, and that is all. */
export async function podsBehind(
  { workloads, scope }: Session,
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  try {
    return (await workloads.workloads(scope.namespace, scope.service, signal)).pods
  } catch {
    return []
  }
}

/** locatedPods adds node and zone to each pod that is known. */
export function locatedPods(found: FailedRequests['pods'], pods: readonly Pod[]): FailedRequests['pods'] {
  const known = new Map(pods.map((pod) => [pod.name, pod]))
  const located = (one: PodRequests): PodRequests => {
    const pod = known.get(one.pod)
    return { ...one, node: pod?.node?.name ?? null, zone: pod?.labels[zoneLabel] ?? null }
  }
  return { canary: found.canary.map(located), stable: found.stable.map(located) }
}
