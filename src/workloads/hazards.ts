import { type KubeObject, refText } from '../release/kubernetes.ts'
import { scales } from './canary/autoscaler.ts'
import {
  type DeploymentView,
  deploymentView,
  isRollingOut,
  itemsAt,
  objectAt,
  podSpecOf,
  selects,
} from './deployment.ts'
import { gitOwner, isGitManager } from './git-owner.ts'
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

/**
 * deploymentHazards refuses a Deployment that a second one can't be made beside. `temporary`: the second one goes again,
 * so that what scales the first one scales it for the time.
 */
export function deploymentHazards(
  view: DeploymentView,
  objects: readonly KubeObject[],
  temporary: boolean,
): Refusal[] {
  const name = objectName(view.object)
  return [
    ...flaggerTargets(view, objects),
    ...(view.expressions ? [refuse('match-expressions', name)] : []),
    ...(view.paused ? [refuse('paused', name)] : []),
    ...(view.replicas === 0 ? [refuse('no-replicas', name)] : []),
    ...(!view.paused && isRollingOut(view) ? [refuse('rolling-out', name)] : []),
    ...autoscalers(view, objects, temporary),
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

/** What an object of a kind that may not be listed could do, unseen. */
const unseenDoings: Readonly<Record<string, string>> = {
  HorizontalPodAutoscaler: 'scales stable, which would shrink while its traffic goes,',
  ScaledObject: 'scales stable, which would shrink while its traffic goes,',
  Rollout: 'has pods behind the Service, which Argo Rollouts replaces by rules of its own,',
  Canary: "is about stable's Deployment, whose changes Flagger takes for releases of its own,",
}

/** unseenHazards says, a sentence each, what would be refused if it were there, and can't be seen. */
export function unseenHazards(unreadable: readonly { kind: string; why: string }[]): string[] {
  return unreadable.flatMap(({ kind, why }) => {
    const doing = unseenDoings[kind]
    return doing === undefined ? [] : [`Whether a ${kind} ${doing} can't be read: ${why}`]
  })
}

function autoscalers(view: DeploymentView, objects: readonly KubeObject[], temporary: boolean): Refusal[] {
  const found = objects.filter((object) => scales(object, view))
  const borrowed = temporary && found.length === 1 && found.every(isBorrowable)
  if (found.length > 0 && !borrowed)
    return [refuse('autoscaled', objectName(view.object), found.map(objectName).join(' and '))]
  return found.flatMap((scaler) => {
    const owner = minimumOwner(scaler)
    return owner === null ? [] : [refuse('minimum-in-git', objectName(scaler), owner)]
  })
}

/** KEDA writes its autoscalers anew: their minimum can't be borrowed. */
function isBorrowable({ kind, metadata }: KubeObject): boolean {
  const byKeda = (metadata.ownerReferences ?? []).some((owner) => owner.kind === 'ScaledObject')
  return kind === 'HorizontalPodAutoscaler' && !byKeda
}

/** minimumOwner names the tool that keeps an autoscaler's minimum as Git has it; null where Git leaves it out. */
function minimumOwner(scaler: KubeObject): string | null {
  const owner = gitOwner(scaler)
  const fields = scaler.metadata.managedFields ?? []
  const owned = fields.some(
    ({ manager, fieldsV1 }) =>
      isGitManager(manager ?? '') && objectAt(objectAt(fieldsV1)['f:spec'])['f:minReplicas'] !== undefined,
  )
  const shown = fields.some(({ manager }) => isGitManager(manager ?? ''))
  return owned || !shown ? owner : null
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
