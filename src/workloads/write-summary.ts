import type { KubeObject } from '../release/kubernetes.ts'
import { type DeploymentView, deploymentView, imagesOf } from './deployment.ts'
import type { ImageChange } from './image-change.ts'

/** madeSummary says in a few words what an object that a release made is. */
export function madeSummary(object: KubeObject, source: string): string {
  if (object.kind !== 'Deployment') return `beside ${source}`
  const view = deploymentView(object)
  return `${imagesOf(view)}, ${replicasText(view.replicas)}, all else as in ${source}`
}

/** removedSummary says in a few words what an object was that is removed. */
export function removedSummary(object: KubeObject): string {
  return object.kind === 'Deployment' ? replicasText(deploymentView(object).replicas) : 'no traffic is left'
}

/** imageSummary says in a few words which images a Deployment gets. */
export function imageSummary(changes: readonly ImageChange[]): string {
  return `image ${changes.map(({ image }) => image).join(', ')}`
}

/** minimumText says how few replicas an autoscaler leaves. */
export function minimumText(replicas: number): string {
  return `at least ${replicasText(replicas)}`
}

/** borrowedSummary says in a few words what a standing Deployment has after a write. */
export function borrowedSummary(view: DeploymentView, withImage: boolean): string {
  return [...(withImage ? [`image ${imagesOf(view)}`] : []), replicasText(view.replicas)].join(', ')
}

/** replicasText says how many replicas a Deployment gets. */
export function replicasText(replicas: number): string {
  return `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`
}
