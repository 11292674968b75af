import { type KubeObject, refText } from '../release/kubernetes.ts'
import {
  type DeploymentView,
  deploymentView,
  isRollingOut,
  itemsAt,
  objectAt,
  podSpecOf,
  selects,
} from './deployment.ts'
import { type Refusal, refuse } from './refusal.ts'

/** objectName names an object as people write it. */
export function objectName({ kind, metadata }: KubeObject): string {
  return refText({ kind, namespace: metadata.namespace ?? '', name: metadata.name })
}

/** Kinds other than Deployments that put pods behind a Service. */
const foreignOwners = {
  StatefulSet: 'stateful-set',
  DaemonSet: 'daemon-set',
  Rollout: 'argo-rollout',
} as const

/** foreignWorkloads refuses pods behind the Service that are no Deployment's. */
export function foreignWorkloads(
  objects: readonly KubeObject[],
  selector: Readonly<Record<string, string>>,
): Refusal[] {
  return objects.flatMap((object) => {
    if (!selects(selector, deploymentView(object).templateLabels)) return []
    if (Object.hasOwn(foreignOwners, object.kind))
      return [refuse(foreignOwners[object.kind as keyof typeof foreignOwners], objectName(object))]
    const owned = (object.metadata.ownerReferences ?? []).some(({ controller }) => controller === true)
    return object.kind === 'ReplicaSet' && !owned && deploymentView(object).replicas > 0
      ? [refuse('bare-replica-set', objectName(object))]
      : []
  })
}

/** deploymentHazards refuses a Deployment that a second one can't be made beside. */
export function deploymentHazards(view: DeploymentView, objects: readonly KubeObject[]): Refusal[] {
  const name = objectName(view.object)
  return [
    ...flaggerTargets(view, objects),
    ...(view.expressions ? [refuse('match-expressions', name)] : []),
    ...(view.paused ? [refuse('paused', name)] : []),
    ...(view.replicas === 0 ? [refuse('no-replicas', name)] : []),
    ...(!view.paused && isRollingOut(view) ? [refuse('rolling-out', name)] : []),
    ...autoscalers(view, objects),
    ...hostPorts(view),
    ...claims(view, objects),
  ]
}

function flaggerTargets({ object, name }: DeploymentView, objects: readonly KubeObject[]): Refusal[] {
  return objects
    .filter(({ kind, spec }) => {
      const target = objectAt(spec?.targetRef)
      return kind === 'Canary' && target.kind === 'Deployment' && target.name === name
    })
    .map((canary) => refuse('flagger-target', objectName(object), objectName(canary)))
}

function autoscalers({ object, name }: DeploymentView, objects: readonly KubeObject[]): Refusal[] {
  return objects
    .filter(({ kind, spec }) => {
      const target = objectAt(spec?.scaleTargetRef)
      const scales = kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject'
      return scales && (target.kind ?? 'Deployment') === 'Deployment' && target.name === name
    })
    .map((scaler) => refuse('autoscaled', objectName(object), objectName(scaler)))
}

function hostPorts({ object, containers }: DeploymentView): Refusal[] {
  const pod = podSpecOf(object)
  if (pod.hostNetwork === true) return [refuse('host-port', objectName(object), 'hostNetwork')]
  const ports = containers.flatMap(({ list, index }) =>
    itemsAt(objectAt(itemsAt(pod[list])[index]).ports).flatMap((port) => {
      const { hostPort } = objectAt(port)
      return typeof hostPort === 'number' && hostPort > 0 ? [`hostPort ${hostPort}`] : []
    }),
  )
  return ports.length === 0 ? [] : [refuse('host-port', objectName(object), ports.join(', '))]
}

/** Access modes in which pods on several nodes can mount a claim. */
const sharedModes = ['ReadWriteMany', 'ReadOnlyMany']

function claims({ object }: DeploymentView, objects: readonly KubeObject[]): Refusal[] {
  const names = itemsAt(podSpecOf(object).volumes).flatMap((volume) => {
    const { claimName } = objectAt(objectAt(volume).persistentVolumeClaim)
    return typeof claimName === 'string' ? [claimName] : []
  })
  return names.flatMap((claim) => {
    const found = objects.find(
      ({ kind, metadata }) => kind === 'PersistentVolumeClaim' && metadata.name === claim,
    )
    if (found === undefined) return [refuse('unknown-claim', objectName(object), claim)]
    const shared = itemsAt(found.spec?.accessModes).some((mode) => sharedModes.includes(String(mode)))
    return shared ? [] : [refuse('read-write-once', objectName(object), claim)]
  })
}
