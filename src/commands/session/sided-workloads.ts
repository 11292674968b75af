import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { WorkloadSides } from '../../release/state/takeover.ts'
import type { ObjectsPort, WorkloadsPort } from '../../rollout/ports.ts'
import { deploymentView, isRollingOut, rolloutReason } from '../../workloads/deployment.ts'

/**
 * sidedWorkloads reads what runs behind a Service and, while a release has a temporary canary, behind that one's own;
 * each Deployment and its pods get the version that `current` says, whatever their labels are.
 */
export function sidedWorkloads(
  port: WorkloadsPort & Pick<ObjectsPort, 'object'>,
  current: () => WorkloadSides | null,
): WorkloadsPort {
  return {
    async workloads(namespace, service, signal) {
      const sides = current()
      if (sides === null) return port.workloads(namespace, service, signal)
      const { service: own, replacing } = sides
      const [base, beside, replaced] = await Promise.all([
        port.workloads(namespace, service, signal),
        own === null ? null : port.workloads(namespace, own, signal),
        replacing === null ? null : port.object({ kind: 'Deployment', namespace, name: replacing }, signal),
      ])
      const seen = withSides(base, beside, sides)
      const rolling = replaced !== null && isRollingOut(deploymentView(replaced))
      return rolling ? withoutReady(seen, replaced.metadata.name) : seen
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

/** While a Deployment replaces its pods some are still the old ones: none of them counts. */
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
