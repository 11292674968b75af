import type { Json, JsonObject, KubeObject } from '../release/kubernetes.ts'
import { type DeploymentView, labelsAt, objectAt, podSpecOf } from './deployment.ts'
import { toObjectName } from './image.ts'
import { type ImageChange, withImages } from './image-change.ts'
import { copiedAnnotations, copiedLabels } from './metadata.ts'
import { type ChangedLabels, withOwnTerms } from './own-terms.ts'

/** Labels that say which version a pod is; the canary's say its own. */
const versionLabels = ['version', 'app.kubernetes.io/version', 'service.istio.io/canonical-revision']

/** Longest name of a Deployment whose pods' names don't have to be cut. */
const longestName = 52

/** CanaryChoice is what is decided of a canary before it is made. */
interface CanaryChoice {
  version: string
  changes: readonly ImageChange[]
  replicas: number
  /** Labels of everything that the release makes. */
  marks: Readonly<Record<string, string>>
}

/** versionedName names the Deployment of a version after stable's: `my-api-v1` beside it is `my-api-v2`. */
export function versionedName({ name, selector }: DeploymentView, version: string): string {
  const suffix = `-${toObjectName(selector.version ?? '', 63)}`
  const base = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name
  const room = Math.max(10, longestName - base.length - 1)
  return `${base}-${toObjectName(version, room)}`
}

/**
 * versionedDeployment makes the Deployment of the new version from stable's live one: everything is carried over but
 * the images, the version's labels, and what marks stable as somebody's.
 */
export function versionedDeployment(stable: DeploymentView, choice: CanaryChoice): KubeObject {
  const from = stable.selector.version ?? ''
  const changed: ChangedLabels = Object.fromEntries(
    versionLabels
      .filter((key) => stable.templateLabels[key] === from)
      .map((key) => [key, { from, to: choice.version }]),
  )
  return canaryDeployment(stable, choice, changed, versionedName(stable, choice.version))
}

/** canaryDeployment copies stable's Deployment under another name, with labels that change. */
function canaryDeployment(
  { object, namespace, templateLabels }: DeploymentView,
  { changes, replicas, marks }: CanaryChoice,
  changed: ChangedLabels,
  name: string,
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
    },
    spec: {
      ...spec,
      replicas,
      selector: { matchLabels: relabelled(labelsAt(objectAt(selector).matchLabels), changed) },
      template: {
        ...objectAt(template),
        metadata: {
          labels: relabelled(templateLabels, changed),
          ...(Object.keys(podAnnotations).length === 0 ? {} : { annotations: podAnnotations as Json }),
        },
        spec: podSpec as JsonObject,
      },
    },
  }
}

function relabelled(
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
