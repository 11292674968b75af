import type { KubeObject } from '../../../release/kubernetes.ts'
import { parseQuantity } from '../../../release/text/quantity.ts'
import type { ContainerSpec } from '../pods/pod-template.ts'
import { isReady } from '../pods/readiness.ts'

/** CPU time that a request costs its pod, in seconds. */
const cpuPerRequest = 0.001

/** Utilization is the CPU that pods use of what they request, in percent, or why it can't be told. */
type Utilization = { percent: number; ready: number } | { why: string }

/** LoadMeter measures pods between two looks at them. */
export interface LoadMeter {
  measure(pods: readonly KubeObject[]): Utilization
}

/** createLoadMeter measures by the requests that pods answered since it last looked. `now` in ms. */
export function createLoadMeter(served: (podUid: string) => number, now: () => number): LoadMeter {
  const last = new Map<string, { count: number; at: number }>()
  const coresOf = (uid: string): number => {
    const before = last.get(uid)
    const seen = { count: served(uid), at: now() }
    last.set(uid, seen)
    if (before === undefined || before.at === seen.at) return 0
    return ((seen.count - before.count) / ((seen.at - before.at) / 1000)) * cpuPerRequest
  }
  return {
    measure(pods) {
      const silent = pods.flatMap((pod) => unrequested(pod).map((container) => ({ pod, container })))[0]
      if (silent !== undefined) {
        const { pod, container } = silent
        return { why: `missing request for cpu in container ${container} of Pod ${pod.metadata.name}` }
      }
      const ready = pods.filter(isReady)
      const used = ready.map((pod) => coresOf(pod.metadata.uid ?? ''))
      if (ready.length === 0) return { why: 'no metrics returned from resource metrics API' }
      const asked = ready.reduce((sum, pod) => sum + requestOf(pod), 0)
      return { percent: (used.reduce((sum, cores) => sum + cores, 0) / asked) * 100, ready: ready.length }
    },
  }
}

type Resourced = ContainerSpec & { resources?: { requests?: { cpu?: string } } }

function containersOf(pod: KubeObject): Resourced[] {
  return (pod.spec?.containers ?? []) as unknown as Resourced[]
}

function unrequested(pod: KubeObject): string[] {
  return containersOf(pod)
    .filter(({ resources }) => resources?.requests?.cpu === undefined)
    .map(({ name }) => name)
}

function requestOf(pod: KubeObject): number {
  return containersOf(pod).reduce(
    (sum, { resources }) => sum + (parseQuantity(resources?.requests?.cpu) ?? 0),
    0,
  )
}
