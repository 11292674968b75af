import type { ScrapeTarget } from '../prometheus/target.ts'
import type { MeshStore } from './config-view.ts'
import { type MeshPod, podOf } from './pod.ts'
import { createProxyMetrics, type ProxyMetrics } from './proxy-metrics.ts'

/** PodFleet is every pod as it really is at this moment, and the counters of their proxies. */
export interface PodFleet {
  pods(): Iterable<MeshPod>
  pod(uid: string): MeshPod | null
  /** Grows with each change of a pod. */
  version(): number
  /** metrics gives the counters of a pod's proxy; a pod the store doesn't hold is taken in. */
  metrics(pod: MeshPod): ProxyMetrics
  /**
   * mourn tells whether a pod's app ended in the middle of its work since the last burial; true only the first
   * time that a mourner asks.
   */
  mourn(uid: string, mourner: object): boolean
  bury(): void
  targets(): ScrapeTarget[]
  close(): void
}

/** createPodFleet follows the store's pods. `tag` is the proxies' version. */
export function createPodFleet(store: MeshStore, now: () => number, tag: string): PodFleet {
  const pods = new Map<string, MeshPod>()
  const adopted = new Map<string, MeshPod>()
  const counters = new Map<string, { incarnation: string; metrics: ProxyMetrics }>()
  const dead = new Map<string, Set<object>>()
  let version = 0
  const metrics = (pod: MeshPod): ProxyMetrics => {
    const known = counters.get(pod.uid)
    if (known?.incarnation === pod.incarnation) return known.metrics
    if (!pods.has(pod.uid)) adopted.set(pod.uid, pod)
    const made = createProxyMetrics('proxy', tag, now())
    counters.set(pod.uid, { incarnation: pod.incarnation, metrics: made })
    return made
  }
  const see = (pod: MeshPod): void => {
    const before = pods.get(pod.uid)
    if (before !== undefined && isDeath(before, pod)) dead.set(pod.uid, new Set())
    pods.set(pod.uid, pod)
    // The counters of a proxy that starts anew begin now, not at its first request.
    if (pod.injected) metrics(pod)
  }
  const lose = (uid: string): void => {
    const before = pods.get(uid)
    if (before?.serving === true && !before.terminating) dead.set(uid, new Set())
    pods.delete(uid)
    counters.delete(uid)
  }
  for (const object of store.list('Pod')) {
    const pod = podOf(object)
    if (pod !== null) see(pod)
  }
  const unsubscribe = store.subscribe(({ type, object }) => {
    if (object.kind !== 'Pod') return
    version += 1
    const pod = type === 'deleted' ? null : podOf(object)
    if (pod === null) lose(object.metadata.uid ?? `${object.metadata.namespace}/${object.metadata.name}`)
    else see(pod)
  })
  return {
    pods: () => pods.values(),
    pod: (uid) => pods.get(uid) ?? null,
    version: () => version,
    metrics,
    mourn(uid, mourner) {
      const mourners = dead.get(uid)
      if (mourners === undefined || mourners.has(mourner)) return false
      mourners.add(mourner)
      return true
    },
    bury: () => dead.clear(),
    targets: () =>
      [...pods.values(), ...adopted.values()]
        .filter((pod) => pod.injected)
        .map((pod) => ({
          labels: {
            job: 'kubernetes-pods',
            instance: `${pod.ip}:15020`,
            namespace: pod.namespace,
            pod: pod.name,
          },
          scrape: () => {
            const current = pods.get(pod.uid) ?? adopted.get(pod.uid)
            return current?.proxyRunning === true ? metrics(current).samples() : null
          },
        })),
    close: unsubscribe,
  }
}

function isDeath(before: MeshPod, after: MeshPod): boolean {
  if (!before.serving || before.terminating) return false
  return after.restarts > before.restarts || !after.serving
}
