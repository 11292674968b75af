import type { Json, JsonObject, KubeObject } from '../../release/kubernetes.ts'
import { type DeploymentView, labelsAt, objectAt, podSpecOf } from '../deployment.ts'
import { type ImageChange, withImages } from '../image-change.ts'
import { copiedAnnotations, copiedLabels } from './metadata.ts'
import { type ChangedLabels, withOwnTerms } from './own-terms.ts'

/** CanaryCopy is what makes a canary of a copy of stable's Deployment. */
interface CanaryCopy {
  name: string
  changes: readonly ImageChange[]
  changed: ChangedLabels
  replicas: number
  /** Labels of everything that the release makes. */
  marks: Readonly<Record<string, string>>
  /** Labels that its pods have beside. */
  podLabels?: Readonly<Record<string, string>>
  /** More of its metadata. */
  metadata?: Partial<KubeObject['metadata']>
}

/** canaryDeployment copies stable's Deployment under another name, with labels that change. */
export function canaryDeployment(
  { object, namespace, templateLabels }: DeploymentView,
  { name, changes, changed, replicas, marks, podLabels = {}, metadata = {} }: CanaryCopy,
): KubeObject {
  const { template, selector, ...spec } = structuredClone(object.spec ?? {})
  const annotations = copiedAnnotations(object)
  const podAnnotations = objectAt(objectAt(objectAt(template).metadata).annotations)
  const podSpec = withOwnTerms(withImages(podSpecOf(object), changes), templateLabels, changed)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      labels: { ...relabelled(copiedLabels(object), changed), ...marks },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...metadata,
    },
    spec: {
      ...spec,
      replicas,
      selector: { matchLabels: relabelled(labelsAt(objectAt(selector).matchLabels), changed) },
      template: {
        ...objectAt(template),
        metadata: {
          labels: { ...relabelled(templateLabels, changed), ...podLabels },
          ...(Object.keys(podAnnotations).length === 0 ? {} : { annotations: podAnnotations as Json }),
        },
        spec: podSpec as JsonObject,
      },
    },
  }
}

/** relabelled gives labels with those changed that have the value they are to lose. */
export function relabelled(
  labels: Readonly<Record<string, string>>,
  changed: ChangedLabels,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).map(([key, value]) => [
      key,
      changed[key]?.from === value ? changed[key].to : value,
    ]),
  )
}
