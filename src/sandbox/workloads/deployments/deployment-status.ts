import type { KubeObject } from '../../../release/kubernetes.ts'
import { stampOf } from '../../cluster/values.ts'
import type { Condition } from '../conditions.ts'
import { isAvailable, isReady } from '../pods/readiness.ts'

interface Status {
  conditions?: Condition[]
  replicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
}

/** replicaSetStatus counts a ReplicaSet's pods; `failure` says why it could not make one, null where it could. */
export function replicaSetStatus(
  set: KubeObject,
  pods: KubeObject[],
  scale: { replicas: number; failure: string | null; minReadySeconds: number; now: number },
): Record<string, unknown> {
  const changed = set.spec?.replicas !== scale.replicas
  const before = failureOf(set)
  const failed: Condition | null =
    scale.failure === null
      ? null
      : {
          type: 'ReplicaFailure',
          status: 'True',
          reason: 'FailedCreate',
          message: keptFailure(before?.message, scale.failure),
          lastTransitionTime: before?.lastTransitionTime ?? stampOf(scale.now),
        }
  return {
    replicas: pods.length,
    fullyLabeledReplicas: pods.length,
    readyReplicas: pods.filter(isReady).length,
    availableReplicas: pods.filter((pod) => isAvailable(pod, scale.minReadySeconds, scale.now)).length,
    observedGeneration: (set.metadata.generation ?? 1) + (changed ? 1 : 0),
    ...(failed === null ? {} : { conditions: [failed] }),
  }
}

/** keptFailure keeps the earlier of two refusals that differ in the pod's name alone: each attempt has another one. */
function keptFailure(before: string | undefined, failure: string): string {
  const unnamed = (message: string): string => message.replace(/"[^"]*"/, '')
  return before !== undefined && unnamed(before) === unnamed(failure) ? before : failure
}

/** failureOf gives the condition of a ReplicaSet that can't make its pods. */
export function failureOf(set: KubeObject): Condition | undefined {
  return (set.status as Status | undefined)?.conditions?.find(({ type }) => type === 'ReplicaFailure')
}

/** DeploymentProgress is how far a Deployment is. Times in ms, `deadline` in seconds. */
export interface DeploymentProgress {
  replicas: number
  maxUnavailable: number
  minReadySeconds: number
  deadline: number
  paused: boolean
  /** Pods of all sets, and of the present template's; those that are being deleted are in neither. */
  all: readonly KubeObject[]
  updated: readonly KubeObject[]
  /** The present template's set; null while there is none. */
  current: KubeObject | null
  /** It was made just now. */
  isNew: boolean
  now: number
}

/** isComplete tells whether a Deployment has nothing left to do but to stay as it is. */
export function isComplete({ replicas, all, updated, minReadySeconds, now }: DeploymentProgress): boolean {
  const available = all.filter((pod) => isAvailable(pod, minReadySeconds, now)).length
  return updated.length === replicas && all.length === replicas && available === replicas
}

/** deploymentStatus writes a Deployment's status as its controller does. */
export function deploymentStatus(
  deployment: KubeObject,
  progress: DeploymentProgress,
): Record<string, unknown> {
  const { replicas, minReadySeconds, all, updated, now } = progress
  const ready = all.filter(isReady).length
  const available = all.filter((pod) => isAvailable(pod, minReadySeconds, now)).length
  const counts = {
    replicas: all.length,
    updatedReplicas: updated.length,
    readyReplicas: ready,
    availableReplicas: available,
  }
  const before = (deployment.status ?? {}) as Status
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    ...counts,
    ...(available < replicas ? { unavailableReplicas: replicas - available } : {}),
    conditions: [
      availability(before, progress, available),
      ...progressCondition(before, counts, progress),
      ...(progress.current === null ? [] : inability(before, progress.current, now)),
    ],
  }
}

function availability(
  before: Status,
  { replicas, maxUnavailable, now }: DeploymentProgress,
  available: number,
): Condition {
  return available >= replicas - maxUnavailable
    ? settled(
        before,
        now,
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
      )
    : settled(
        before,
        now,
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      )
}

function progressCondition(
  before: Status,
  counts: Required<Omit<Status, 'conditions'>>,
  progress: DeploymentProgress,
): Condition[] {
  const { current, now, paused, isNew } = progress
  const old = before.conditions?.find(({ type }) => type === 'Progressing')
  const set = current?.metadata.name ?? ''
  const say = (status: string, reason: string, message: string): Condition[] => [
    settled(before, now, 'Progressing', status, reason, message),
  ]
  if (paused) return say('Unknown', 'DeploymentPaused', 'Deployment is paused')
  if (isComplete(progress)) {
    return say('True', 'NewReplicaSetAvailable', `ReplicaSet "${set}" has successfully progressed.`)
  }
  if (isNew) return say('True', 'NewReplicaSetCreated', `Created new replica set "${set}"`)
  if (old === undefined || hasProgressed(before, counts)) {
    const moved = say('True', 'ReplicaSetUpdated', `ReplicaSet "${set}" is progressing.`)
    return moved.map((condition) => ({ ...condition, lastUpdateTime: stampOf(now) }))
  }
  const waited = now - Date.parse(old.lastUpdateTime ?? '')
  if (old.reason !== 'NewReplicaSetAvailable' && waited > progress.deadline * 1000) {
    return say('False', 'ProgressDeadlineExceeded', `ReplicaSet "${set}" has timed out progressing.`)
  }
  return [old]
}

function hasProgressed(before: Status, now: Required<Omit<Status, 'conditions'>>): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = before
  return (
    now.updatedReplicas > updatedReplicas ||
    now.readyReplicas > readyReplicas ||
    now.availableReplicas > availableReplicas ||
    now.replicas - now.updatedReplicas < replicas - updatedReplicas
  )
}

function inability(before: Status, set: KubeObject, now: number): Condition[] {
  const failed = failureOf(set)
  return failed === undefined
    ? []
    : [settled(before, now, 'ReplicaFailure', 'True', failed.reason, failed.message)]
}

/** settled keeps a condition's times while nothing about it changes. */
function settled(
  before: Status,
  now: number,
  type: string,
  status: string,
  reason: string,
  message: string,
): Condition {
  const old = before.conditions?.find((condition) => condition.type === type)
  const transition = old?.status === status ? old.lastTransitionTime : stampOf(now)
  const update =
    old?.status === status && old.reason === reason ? (old.lastUpdateTime ?? stampOf(now)) : stampOf(now)
  return { type, status, reason, message, lastTransitionTime: transition, lastUpdateTime: update }
}
