import type { KubeObject } from '../release/kubernetes.ts'
import { deploymentView, imagesOf } from './deployment.ts'

/** madeSummary says in a few words what an object that a release made is. */
export function madeSummary(object: KubeObject, source: string): string {
  if (object.kind !== 'Deployment') return `beside ${source}`
  const view = deploymentView(object)
  return `${imagesOf(view)}, ${replicasText(view.replicas)}, all else as in ${source}`
}

/** replicasText says how many replicas a Deployment gets. */
export function replicasText(replicas: number): string {
  return `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`
}
