import type { KubeObject, WorkloadsSnapshot } from '../../../release/kubernetes.ts'
import type { WorkloadSides } from '../../../release/state/takeover.ts'
import type { ObjectsPort, WorkloadsPort } from '../../../rollout/ports.ts'
import { deploymentView, isRollingOut, rolloutReason } from '../../../workloads/deployment.ts'
import { changesNothing, imageChanges } from '../../../workloads/image-change.ts'

/**
 * sidedWorkloads reads what runs behind a Service and, while a release has a temporary canary, behind that one's own;
 * each Deployment and its pods get the version that `current` says, whatever their labels are.
 */
export function sidedWorkloads(
  port: WorkloadsPort & Pick<ObjectsPort, 'object'>,
  current: () => WorkloadSides | null,
): WorkloadsPort {
  // Once it has replaced its pods, a change of its size is no replacing.
  const done = new Set<string>()
  return {
    async workloads(namespace, service, signal) {
      const sides = current()
      if (sides === null) return port.workloads(namespace, service, signal)
      const { service: own, replacing } = sides
      const [base, beside, replaced] = await Promise.all([
        port.workloads(namespace, service, signal),
        own === null ? null : port.workloads(namespace, own, signal),
        replacing === null
          ? null
          : port.object({ kind: 'Deployment', namespace, name: replacing.workload }, signal),
      ])
      const seen = withSides(base, beside, sides)
      if (replacing === null) return seen
      const key = JSON.stringify([replaced?.metadata.uid, replacing])
      if (replaced === null || !hasReplaced(replaced, replacing, done.has(key)))
        return withoutReady(seen, replacing.workload)
      done.add(key)
      return seen
    },
  }
}

/** withSides joins what two Services select, with versions by Deployment. */
export function withSides(
  base: WorkloadsSnapshot,
  beside: WorkloadsSnapshot | null,
  { versions }: Pick<WorkloadSides, 'versions'>,
): WorkloadsSnapshot {
  const all = [base, ...(beside === null ? [] : [beside])]
  const versionOf = (workload: string | null, label: string | null) =>
    workload !== null && Object.hasOwn(versions, workload) ? (versions[workload] ?? null) : label
  const once = <Item extends { name: string }>(items: Item[]) => [
    ...new Map(items.map((item) => [item.name, item])).values(),
  ]
  return {
    service: base.service,
    workloads: once(all.flatMap(({ workloads }) => workloads)).map((workload) => ({
      ...workload,
      version: versionOf(workload.name, workload.version),
    })),
    pods: once(all.flatMap(({ pods }) => pods)).map((pod) => ({
      ...pod,
      version: versionOf(pod.workload, pod.version),
    })),
  }
}

/** hasReplaced tells whether all pods of a Deployment have the image that it is to get; `before`: they had it already. */
function hasReplaced(
  object: KubeObject,
  { image }: NonNullable<WorkloadSides['replacing']>,
  before: boolean,
): boolean {
  const view = deploymentView(object)
  const changes = imageChanges(view, image)
  return Array.isArray(changes) && changesNothing(changes) && (before || !isRollingOut(view))
}

/** Until a Deployment has replaced its pods, some are still the old ones: none of them counts. */
function withoutReady(seen: WorkloadsSnapshot, name: string): WorkloadsSnapshot {
  return {
    ...seen,
    pods: seen.pods.map((pod) => {
      if (pod.workload !== name || !pod.ready) return pod
      const { readySince: _, ...others } = pod
      return { ...others, ready: false, waiting: rolloutReason }
    }),
  }
}
