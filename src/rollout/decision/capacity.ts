import type { Pod, Workload, WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { DecisionCause, PodReason } from '../../release/outcome/cause.ts'
import type { CanarySize } from '../../release/request.ts'

/** Readiness is what the pods of one version show at one moment. */
export interface Readiness {
  ready: number
  /** Pods that exist and aren't being deleted. */
  pods: number
  /** Replicas that the Deployment asks for; null where there is no Deployment of that version. */
  desired: number | null
  /** Why pods aren't ready, the commonest first. */
  reasons: PodReason[]
  /** The kubelet can't get the image of one that isn't ready. */
  imageMissing?: boolean
}

/** The kubelet's reasons for a container that waits for its image. */
const missingImage =
  /^(?:ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable)\b/

/** readinessOf counts the pods of one version behind the target's Service; null: those without the label. */
export function readinessOf(snapshot: WorkloadsSnapshot, version: string | null): Readiness {
  const pods = snapshot.pods.filter((pod) => pod.version === version && !pod.deleting)
  const workload = snapshot.workloads.find((candidate) => candidate.version === version)
  return {
    ready: pods.filter((pod) => pod.ready).length,
    pods: pods.length,
    desired: workload?.replicas ?? null,
    reasons: [...reasonsOf(pods), ...refusedPods(workload, pods.length)],
    imageMissing: pods.some(({ ready, waiting }) => !ready && missingImage.test(waiting ?? '')),
  }
}

function reasonsOf(pods: Pod[]): PodReason[] {
  const counts = new Map<string | null, number>()
  for (const pod of pods) {
    if (pod.ready) continue
    counts.set(pod.waiting, (counts.get(pod.waiting) ?? 0) + 1)
  }
  return [...counts].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count)
}

/** Pods that the server refuses don't exist: their Deployment says why. */
function refusedPods(workload: Workload | undefined, pods: number): PodReason[] {
  if (workload?.failure === undefined) return []
  return [{ reason: workload.failure, count: Math.max(1, workload.replicas - pods) }]
}

/**
 * podsNeeded gives how many ready canary pods a share (percent) needs: ⌈share × stable's count at the release's
 * start⌉, and never less than one.
 */
export function podsNeeded(sharePercent: number, stableReadyAtStart: number): number {
  // The product is rounded before it is raised: 0.1 × 30 must not become 4 by a rounding error.
  const exact = Math.round((sharePercent / 100) * stableReadyAtStart * 1e6) / 1e6
  return Math.max(1, Math.ceil(exact))
}

/**
 * canaryReplicas gives the replicas that a canary of the release's own needs for a share (percent): what the share needs
 * of stable's, at least the number that was asked for, all of them at once with `match`.
 */
export function canaryReplicas(size: CanarySize, sharePercent: number, stableReadyAtStart: number): number {
  const least = size === 'proportional' ? 1 : size === 'match' ? podsNeeded(100, stableReadyAtStart) : size
  return Math.max(least, podsNeeded(sharePercent, stableReadyAtStart))
}

/** How long fewer than half of the needed pods may be ready before traffic goes back (ms); none ready: at once. */
const lowPodsGrace = 30_000

/**
 * podsLost tells why the canary must be taken out: it has no ready pod, or fewer than half of what its share
 * needs for `lowPodsGrace`. `lowSince` is when it was first seen below half (ms), null while it isn't.
 */
export function podsLost(
  readiness: Readiness,
  needed: number,
  lowSince: number | null,
  now: number,
): DecisionCause | null {
  const { ready, reasons } = readiness
  if (ready === 0) return { kind: 'pods-lost', needed, ready, reasons, lowSeconds: null }
  if (ready * 2 >= needed) return null
  if (lowSince === null || now - lowSince < lowPodsGrace) return null
  return { kind: 'pods-lost', needed, ready, reasons, lowSeconds: Math.round((now - lowSince) / 1000) }
}
