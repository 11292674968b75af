import type { KubeObject } from '../../../release/kubernetes.ts'
import { stampOf } from '../../cluster/values.ts'
import { isReady } from '../pods/readiness.ts'

interface Condition {
  type: string
  status: string
  reason: string
  message: string
  lastTransitionTime: string
  lastUpdateTime: string
}

/** replicaSetStatus counts a ReplicaSet's pods. */
export function replicaSetStatus(
  set: KubeObject,
  pods: KubeObject[],
  replicas: number,
): Record<string, unknown> {
  const ready = pods.filter(isReady).length
  const changed = set.spec?.replicas !== replicas
  return {
    replicas: pods.length,
    fullyLabeledReplicas: pods.length,
    readyReplicas: ready,
    availableReplicas: ready,
    observedGeneration: (set.metadata.generation ?? 1) + (changed ? 1 : 0),
  }
}

/** deploymentStatus says how far a Deployment is: `all` its pods, `updated` those of its present template. */
export function deploymentStatus(
  deployment: KubeObject,
  all: KubeObject[],
  updated: KubeObject[],
  now: number,
): Record<string, unknown> {
  const wanted = Number(deployment.spec?.replicas ?? 1)
  const ready = all.filter(isReady).length
  const before = (deployment.status as { conditions?: Condition[] } | undefined)?.conditions ?? []
  const condition = (type: string, status: string, reason: string, message: string): Condition => {
    const old = before.find((entry) => entry.type === type)
    const same = old?.status === status && old.reason === reason
    const since = same ? old.lastTransitionTime : stampOf(now)
    return { type, status, reason, message, lastTransitionTime: since, lastUpdateTime: since }
  }
  const available = ready >= Math.ceil(wanted * 0.75)
  const complete = updated.length === wanted && all.length === wanted && ready === wanted
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas: all.length,
    updatedReplicas: updated.length,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(ready < wanted ? { unavailableReplicas: wanted - ready } : {}),
    conditions: [
      available
        ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
        : condition(
            'Available',
            'False',
            'MinimumReplicasUnavailable',
            'Deployment lacks minimum availability.',
          ),
      complete
        ? condition(
            'Progressing',
            'True',
            'NewReplicaSetAvailable',
            'All pods of the template are available.',
          )
        : condition('Progressing', 'True', 'ReplicaSetUpdated', 'Pods of the template are on their way.'),
    ],
  }
}
