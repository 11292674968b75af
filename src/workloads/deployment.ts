import type { Json, JsonObject, KubeObject } from '../release/kubernetes.ts'

/** Container is one container of a pod template, and where it stands there. */
export interface Container {
  list: 'containers' | 'initContainers'
  index: number
  name: string
  image: string
}

/** DeploymentView is what a release looks at in a Deployment. */
export interface DeploymentView {
  object: KubeObject
  name: string
  namespace: string
  uid: string
  replicas: number
  paused: boolean
  /** `matchLabels` of its selector. */
  selector: Readonly<Record<string, string>>
  /** Its selector has `matchExpressions` too. */
  expressions: boolean
  templateLabels: Readonly<Record<string, string>>
  containers: Container[]
}

/** The containers that injection adds to pods; some templates carry them. */
const injected = new Set(['istio-proxy', 'istio-init', 'istio-validation'])

/** deploymentView reads a Deployment, or anything else that has a pod template and a selector. */
export function deploymentView(object: KubeObject): DeploymentView {
  const spec = object.spec ?? {}
  const template = objectAt(spec.template)
  return {
    object,
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? '',
    uid: object.metadata.uid ?? '',
    replicas: typeof spec.replicas === 'number' ? spec.replicas : 1,
    paused: spec.paused === true,
    selector: labelsAt(objectAt(spec.selector).matchLabels),
    expressions: itemsAt(objectAt(spec.selector).matchExpressions).length > 0,
    templateLabels: labelsAt(objectAt(template.metadata).labels),
    containers: (['containers', 'initContainers'] as const).flatMap((list) =>
      itemsAt(podSpecOf(object)[list]).flatMap((container, index) => {
        const { name, image } = objectAt(container)
        if (typeof name !== 'string' || injected.has(name)) return []
        return [{ list, index, name, image: typeof image === 'string' ? image : '' }]
      }),
    ),
  }
}

/** imagesOf names the images of a Deployment's containers, joined by a comma: what is told of a version's image. */
export function imagesOf({ containers }: DeploymentView): string {
  return containers
    .filter(({ list }) => list === 'containers')
    .map(({ image }) => image)
    .join(',')
}

/** podSpecOf gives the pod spec of an object's template; empty where it has none. */
export function podSpecOf(object: KubeObject): JsonObject {
  return objectAt(objectAt(object.spec?.template).spec)
}

/** isRollingOut tells whether a Deployment is on its way from one template, or one size, to another. */
export function isRollingOut({ object, replicas }: DeploymentView): boolean {
  const status = objectAt(object.status as Json | undefined)
  const count = (name: string) => (typeof status[name] === 'number' ? (status[name] as number) : 0)
  const { generation = 0 } = object.metadata
  return (
    count('observedGeneration') < generation ||
    count('updatedReplicas') < replicas ||
    count('replicas') > count('updatedReplicas')
  )
}

/** rolloutReason is why pods of a Deployment that replaces them don't count yet, as the cluster would say it. */
export const rolloutReason = 'RollingUpdate: not all pods have the new template'

/** selects tells whether a set of labels is all among a pod's. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  const wanted = Object.entries(selector)
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
}

/** objectAt gives a JSON value as an object; empty where it is none. */
export function objectAt(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

/** itemsAt gives a JSON value as a list; empty where it is none. */
export function itemsAt(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

/** labelsAt gives a JSON value as labels: those of its fields that are texts. */
export function labelsAt(value: Json | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectAt(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
}

/** What Kubernetes gives a pod to end in that says nothing, ms. */
export const defaultGrace = 30_000

/** graceOf gives how long (ms) pods of an object's template may take to end once they are asked to. */
export function graceOf(object: KubeObject): number {
  const { terminationGracePeriodSeconds: seconds } = podSpecOf(object)
  return typeof seconds === 'number' && seconds >= 0 ? seconds * 1000 : defaultGrace
}
