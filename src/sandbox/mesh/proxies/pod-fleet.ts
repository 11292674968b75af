import type { ScrapeTarget } from '../../prometheus/target.ts'
import type { MeshStore } from '../config/config-view.ts'
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
  /** serve counts requests that a pod has answered. */
  serve(uid: string, n: number): void
  served(uid: string): number
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
  const adopted = new Map<string, MeshPod>()
  const seen: SeenPods = {
    pods: new Map(),
    counters: createCounters(now, tag),
    dead: new Map(),
    answered: new Map(),
  }
  const { pods, counters, dead, answered } = seen
  let version = 0
  for (const pod of store.list('Pod').map(podOf)) if (pod !== null) see(seen, pod)
  const unsubscribe = store.subscribe(({ type, object }) => {
    if (object.kind !== 'Pod') return
    version += 1
    const pod = type === 'deleted' ? null : podOf(object)
    if (pod === null)
      lose(seen, object.metadata.uid ?? `${object.metadata.namespace}/${object.metadata.name}`)
    else see(seen, pod)
  })
  const scrape = (uid: string) => {
    const pod = pods.get(uid) ?? adopted.get(uid)
    return pod?.proxyRunning === true ? counters.of(pod).samples() : null
  }
  return {
    pods: () => pods.values(),
    pod: (uid) => pods.get(uid) ?? null,
    version: () => version,
    metrics(pod) {
      if (!pods.has(pod.uid)) adopted.set(pod.uid, pod)
      return counters.of(pod)
    },
    serve: (uid, n) => answered.set(uid, (answered.get(uid) ?? 0) + n),
    served: (uid) => answered.get(uid) ?? 0,
    mourn: (uid, mourner) => mournOnce(dead.get(uid), mourner),
    bury: () => dead.clear(),
    targets: () =>
      [...pods.values(), ...adopted.values()]
        .filter((pod) => pod.injected)
        .map((pod) => ({ labels: targetLabels(pod), scrape: () => scrape(pod.uid) })),
    close: unsubscribe,
  }
}

/** SeenPods are the pods of now; of the dead, who has asked after them; and how many requests each has answered. */
interface SeenPods {
  pods: Map<string, MeshPod>
  counters: ReturnType<typeof createCounters>
  dead: Map<string, Set<object>>
  answered: Map<string, number>
}

function see({ pods, counters, dead }: SeenPods, pod: MeshPod): void {
  const before = pods.get(pod.uid)
  if (before !== undefined && isDeath(before, pod)) dead.set(pod.uid, new Set())
  pods.set(pod.uid, pod)
  // The counters of a proxy that starts anew begin now, not at its first request.
  if (pod.injected) counters.of(pod)
}

function lose({ pods, counters, dead, answered }: SeenPods, uid: string): void {
  const before = pods.get(uid)
  if (before?.serving === true && !before.terminating) dead.set(uid, new Set())
  pods.delete(uid)
  answered.delete(uid)
  counters.drop(uid)
}

/** createCounters keeps the counters of each pod's proxy, for as long as that very proxy lives. */
function createCounters(
  now: () => number,
  tag: string,
): { of(pod: MeshPod): ProxyMetrics; drop(uid: string): void } {
  const known = new Map<string, { incarnation: string; metrics: ProxyMetrics }>()
  return {
    of(pod) {
      const found = known.get(pod.uid)
      if (found?.incarnation === pod.incarnation) return found.metrics
      const metrics = createProxyMetrics('proxy', tag, now())
      known.set(pod.uid, { incarnation: pod.incarnation, metrics })
      return metrics
    },
    drop: (uid) => {
      known.delete(uid)
    },
  }
}

function targetLabels(pod: MeshPod): ScrapeTarget['labels'] {
  return { job: 'kubernetes-pods', instance: `${pod.ip}:15020`, namespace: pod.namespace, pod: pod.name }
}

function mournOnce(mourners: Set<object> | undefined, mourner: object): boolean {
  if (mourners === undefined || mourners.has(mourner)) return false
  mourners.add(mourner)
  return true
}

function isDeath(before: MeshPod, after: MeshPod): boolean {
  if (!before.serving || before.terminating) return false
  return after.restarts > before.restarts || !after.serving
}
