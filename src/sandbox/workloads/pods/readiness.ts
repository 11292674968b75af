import type { KubeObject } from '../../../release/kubernetes.ts'

interface ReadyCondition {
  type: string
  status: string
  lastTransitionTime?: string
}

function readyCondition(pod: KubeObject): ReadyCondition | undefined {
  const conditions = (pod.status as { conditions?: ReadyCondition[] } | undefined)?.conditions
  return conditions?.find(({ type, status }) => type === 'Ready' && status === 'True')
}

/** isReady reads a pod's Ready condition. */
export function isReady(pod: KubeObject): boolean {
  return readyCondition(pod) !== undefined
}

/** isAvailable tells whether a pod has been ready for `seconds`. `now` in ms since the epoch. */
export function isAvailable(pod: KubeObject, seconds: number, now: number): boolean {
  const ready = readyCondition(pod)
  if (ready === undefined || seconds === 0) return ready !== undefined
  return Date.parse(ready.lastTransitionTime ?? '') + seconds * 1000 <= now
}
