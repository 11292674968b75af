import type { KubeObject } from '../../../release/kubernetes.ts'

/** isReady reads a pod's Ready condition. */
export function isReady(pod: KubeObject): boolean {
  const conditions = (pod.status as { conditions?: { type: string; status: string }[] } | undefined)
    ?.conditions
  return conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}
