import type { JsonPatchOperation, KubeObject } from '../../release/kubernetes.ts'
import { type DeploymentView, objectAt, podSpecOf } from '../deployment.ts'
import { changesNothing, type ImageChange, imagePatch, withImages } from '../image-change.ts'

/** trackChange gives a standing Deployment as it is to be, and the patch that makes it so; empty: it is so already. */
export function trackChange(
  { object, replicas: now }: DeploymentView,
  changes: readonly ImageChange[],
  replicas: number,
): { object: KubeObject; patch: JsonPatchOperation[] } {
  const template = objectAt(object.spec?.template)
  const spec = {
    ...object.spec,
    replicas,
    template: { ...template, spec: withImages(podSpecOf(object), changes) },
  }
  const images = changesNothing(changes) ? [] : imagePatch(changes)
  return { object: { ...object, spec }, patch: [...images, ...replicasPatch(now, replicas)] }
}

/** replicasPatch changes a number of replicas, where it is still the one that was read; empty where it is right. */
export function replicasPatch(now: number, wanted: number): JsonPatchOperation[] {
  if (now === wanted) return []
  return [
    { op: 'test', path: '/spec/replicas', value: now },
    { op: 'replace', path: '/spec/replicas', value: wanted },
  ]
}
