import type { KubeObject, Pod } from '../../release/kubernetes.ts'
import { toOneLine } from '../api/status.ts'

interface ContainerStatus {
  name: string
  ready?: boolean
  restartCount?: number
  state?: {
    waiting?: { reason?: string; message?: string }
    terminated?: { exitCode?: number; reason?: string; message?: string }
  }
}

interface PodStatus {
  hostIP?: string
  reason?: string
  message?: string
  conditions?: {
    type: string
    status: string
    reason?: string
    message?: string
    lastTransitionTime?: string
  }[]
  initContainerStatuses?: ContainerStatus[]
  containerStatuses?: ContainerStatus[]
}

interface PodSpec {
  nodeName?: string
  containers?: { name: string }[]
  initContainers?: { name: string }[]
}

/** These only say that something else isn't done yet. */
const transientReasons = new Set(['PodInitializing', 'ContainerCreating'])

/** toPod reads a pod; `deployments` are the names of the Deployments in its namespace. */
export function toPod(pod: KubeObject, deployments: ReadonlySet<string>): Pod {
  const { metadata } = pod
  const spec = (pod.spec ?? {}) as PodSpec
  const status = (pod.status ?? {}) as PodStatus
  const labels = metadata.labels ?? {}
  const readiness = condition(status, 'Ready')
  const ready = readiness?.status === 'True'
  const readySince = ready ? Date.parse(readiness?.lastTransitionTime ?? '') : Number.NaN
  return {
    name: metadata.name,
    workload: ownerOf(pod, deployments),
    version: labels.version || null,
    labels,
    ready,
    ...(Number.isNaN(readySince) ? {} : { readySince }),
    deleting: metadata.deletionTimestamp !== undefined,
    createdAt: Date.parse(metadata.creationTimestamp ?? '') || 0,
    waiting: ready ? null : waitingOf(status),
    restarts: (status.containerStatuses ?? []).reduce(
      (sum, { restartCount }) => sum + (restartCount ?? 0),
      0,
    ),
    injected: [...(spec.containers ?? []), ...(spec.initContainers ?? [])].some(
      ({ name }) => name === 'istio-proxy',
    ),
    ...(spec.nodeName ? { node: { name: spec.nodeName, ip: status.hostIP || null } } : {}),
  }
}

/**
 * A Deployment names its ReplicaSets `<deployment>-<pod-template-hash>` and puts that hash on their pods, so the
 * owner is known without the right to list ReplicaSets; a Deployment of that name must exist.
 */
function ownerOf({ metadata }: KubeObject, deployments: ReadonlySet<string>): string | null {
  const owner = metadata.ownerReferences?.find(
    ({ kind, controller }) => kind === 'ReplicaSet' && controller !== false,
  )
  const hash = metadata.labels?.['pod-template-hash']
  if (owner === undefined || !hash || !owner.name.endsWith(`-${hash}`)) return null
  const name = owner.name.slice(0, -hash.length - 1)
  return deployments.has(name) ? name : null
}

function condition(status: PodStatus, type: string) {
  return status.conditions?.find((each) => each.type === type)
}

/** The most telling reason first: not scheduled, a container that can't start or that died, then what waits. */
function waitingOf(status: PodStatus): string | null {
  const scheduled = condition(status, 'PodScheduled')
  if (scheduled?.status === 'False') return reasonText(scheduled.reason ?? 'Unschedulable', scheduled.message)
  if (status.reason) return reasonText(status.reason, status.message)
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  const waiting = containers.flatMap(({ state }) => (state?.waiting?.reason ? [state.waiting] : []))
  const stuck = waiting.find(({ reason }) => !transientReasons.has(reason ?? ''))
  if (stuck !== undefined) return reasonText(stuck.reason ?? '', stuck.message)
  const dead = containers.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0)
  if (dead !== undefined) {
    const { reason, exitCode } = dead.state?.terminated ?? {}
    return reasonText(reason ?? 'Error', `container ${dead.name} ended with exit code ${exitCode}`)
  }
  if (waiting[0] !== undefined) return reasonText(waiting[0].reason ?? '', waiting[0].message)
  const unready = condition(status, 'Ready')
  return unready?.reason ? reasonText(unready.reason, unready.message) : null
}

function reasonText(reason: string, message: string | undefined): string {
  return toOneLine(message ? `${reason}: ${message}` : reason, 240)
}
