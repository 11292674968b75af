import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { RouteSnapshot } from '../../routing/routing.ts'
import type { Readiness } from '../decision/capacity.ts'
import { readinessOf } from '../decision/capacity.ts'
import type { DecisionInput } from '../decision/decision-input.ts'
import type { NodeNames } from '../ports.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import { checkOwnership } from '../state/ownership.ts'
import { readCommand } from '../state/remote-command.ts'
import type { LoopMemory } from './memory.ts'
import { refreshRouting } from './route-reading.ts'
/** ClusterObservation is what one reading of the cluster showed. */
export interface ClusterObservation {
  snapshot: RouteSnapshot
  readiness: Readiness
  /** Stable's ready pods; null where there is no stable version. */
  stableReady: number | null
  command: DecisionInput['command']
  /** Birth of each pod behind the Service, ms since the epoch. */
  births: Record<string, number>
  /** Pods with a proxy of both versions that are ready and stay, and since when, ms since the epoch. */
  readyPods: { name: string; since: number }[]
  /** Nodes that each version's pods run on, each once. */
  nodes: Record<'canary' | 'stable', NodeNames[]>
}

/**
 * observe reads what is true in the cluster: routes, commands, pods. It throws Failure('superseded' | 'state-lost')
 * where the release is no longer this process's.
 */
export async function observe(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<ClusterObservation> {
  const snapshot = await refreshRouting(session, memory, signal)
  const command = checkOwnership(session, snapshot)?.command ?? null
  const state = heldState(session)
  const received = readCommand(command, state)
  if (received && session.obeyedCommand !== received.text)
    session.record({ type: 'command', name: received.command.name, by: received.command.by })
  session.obeyedCommand = received?.text ?? null
  const workloads = await session.workloads.workloads(session.scope.namespace, session.scope.service, signal)
  const readiness = readinessOf(workloads, state.canary.version)
  return {
    snapshot,
    readiness,
    stableReady: countStablePods(session, memory, workloads),
    command: received ? { name: received.command.name, by: received.command.by } : null,
    births: podBirths(workloads.pods),
    readyPods: readyPods(workloads, [state.canary.version, state.stable?.version ?? state.canary.version]),
    nodes: {
      canary: nodesOf(workloads, state.canary.version),
      stable: state.stable === null ? [] : nodesOf(workloads, state.stable.version),
    },
  }
}

/**
 * countStablePods counts stable's ready pods and warns when they shrink: capacity was reckoned with those of the start,
 * and a rollback returns to those that are left.
 */
function countStablePods(session: Session, memory: LoopMemory, workloads: WorkloadsSnapshot): number | null {
  const { stable, stableReady } = heldState(session)
  if (stable === null) return null
  const { ready, reasons } = readinessOf(workloads, stable.version)
  const short = ready < stableReady
  if (short && (memory.stableReported === null || ready < memory.stableReported)) {
    const { namespace } = session.scope
    const scale = { namespace, workload: stable.workload, replicas: stableReady }
    const details = { version: stable.version, ready, atStart: stableReady, reasons, scale }
    session.record({ type: 'warning', code: 'stable-shrank', details })
  }
  memory.stableReported = short ? ready : null
  return ready
}

const podBirths = (pods: readonly { name: string; createdAt: number }[]) =>
  Object.fromEntries(pods.map((pod) => [pod.name, pod.createdAt]))

/** A pod that ends may be out of sight already, and one without a proxy counts nothing. */
function readyPods({ pods }: WorkloadsSnapshot, versions: readonly string[]) {
  return pods
    .filter((pod) => pod.ready && pod.injected && !pod.deleting && versions.includes(pod.version ?? ''))
    .map(({ name, readySince, createdAt }) => ({ name, since: readySince ?? createdAt }))
}

function nodesOf({ pods }: WorkloadsSnapshot, version: string): NodeNames[] {
  const nodes = pods.flatMap((pod) => (pod.version === version && pod.node ? [pod.node] : []))
  return [...new Map(nodes.map((node) => [node.name, node])).values()]
}
