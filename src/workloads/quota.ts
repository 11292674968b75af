import type { Json, JsonObject, KubeObject } from '../release/kubernetes.ts'
import type { CanaryWorkload } from '../release/state/state.ts'
import { formatBytes, formatCpu, parseQuantity } from '../release/text/quantity.ts'
import { type DeploymentView, deploymentView, itemsAt, objectAt, podSpecOf } from './deployment.ts'
import { objectName } from './hazards.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { ServiceObjects } from './shape.ts'

/** Demand is what a release takes of its namespace beside what is there, at its peak. */
interface Demand {
  /** A Deployment like those whose pods there will be more of. */
  like: DeploymentView
  /** How many more pods there are at the most. */
  pods: number
  /** What else is made, objects by kind. */
  objects: readonly KubeObject[]
}

/** Names under which a quota counts objects of a kind. */
const counts: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['count/deployments.apps'],
  Service: ['services', 'count/services'],
  HorizontalPodAutoscaler: ['count/horizontalpodautoscalers.autoscaling'],
}

/** Names under which a quota limits what containers ask for; without a prefix a request is meant. */
const computed = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/

/**
 * heldAgainstQuotas finds the quotas that have no room for a release: it would begin, and stop before the step whose pods
 * are refused. What injection adds to pods is not known before and not counted. Quotas that can't be read are a note.
 */
export function heldAgainstQuotas(
  demand: Demand,
  { objects, unreadable }: Pick<ServiceObjects, 'objects' | 'unreadable'>,
): { refusals: Refusal[]; notes: string[] } {
  const refusals = objects
    .filter((object) => object.kind === 'ResourceQuota' && isForAll(object))
    .flatMap((quota) => {
      const short = shortages(demand, quota)
      return short.length === 0 ? [] : [refuse('quota', objectName(quota), short.join(', '))]
    })
  const notes = unreadable
    .filter(({ kind }) => kind === 'ResourceQuota')
    .map(({ why }) => `Whether the namespace has room for all pods of the release can't be read: ${why}`)
  return { refusals, notes }
}

/** Quotas of a scope are about some pods only; a Deployment's pods are all NotTerminating. */
function isForAll({ spec }: KubeObject): boolean {
  if (spec?.scopeSelector !== undefined) return false
  return itemsAt(spec?.scopes).every((scope) => scope === 'NotTerminating')
}

/** Until its status is written a quota says what is allowed, and not what is used: at least nothing. */
function shortages(demand: Demand, { spec, status }: KubeObject): string[] {
  const { hard = spec?.hard, used } = objectAt(status as Json | undefined)
  return Object.entries(objectAt(hard)).flatMap(([resource, limit]) => {
    const most = parseQuantity(limit)
    const taken = parseQuantity(objectAt(used)[resource] ?? 0)
    const more = neededOf(demand, resource)
    if (most === null || taken === null || more === 0 || taken + more <= most * (1 + 1e-9)) return []
    return [
      `${resource} ${written(resource, more)} more, ${String(objectAt(used)[resource] ?? 0)} of ${String(limit)} in use`,
    ]
  })
}

/** neededOf gives how much of a quota's resource a release takes. */
function neededOf({ like, pods, objects }: Demand, resource: string): number {
  if (resource === 'pods' || resource === 'count/pods') return pods
  const match = computed.exec(resource)
  if (match !== null)
    return pods * perPod(like, match[1] === 'limits' ? 'limits' : 'requests', match[2] ?? '')
  return objects.filter(({ kind }) => counts[kind]?.includes(resource)).length
}

/** A pod asks for the sum of its containers and sidecars, or for what one of its init containers asks, if that is more. */
function perPod({ object }: DeploymentView, side: 'requests' | 'limits', resource: string): number {
  const { containers, initContainers } = podSpecOf(object)
  const asked = (container: Json) => parseQuantity(resourcesOf(container, side)[resource] ?? 0) ?? 0
  const isSidecar = (container: Json) => objectAt(container).restartPolicy === 'Always'
  const together = [...itemsAt(containers), ...itemsAt(initContainers).filter(isSidecar)]
  return Math.max(
    together.reduce((sum: number, container) => sum + asked(container), 0),
    ...itemsAt(initContainers).map(asked),
  )
}

/** A limit without a request is the request as well. */
function resourcesOf(container: Json, side: 'requests' | 'limits'): JsonObject {
  const { requests, limits } = objectAt(objectAt(container).resources)
  return side === 'limits' ? objectAt(limits) : { ...objectAt(limits), ...objectAt(requests) }
}

function written(resource: string, amount: number): string {
  if (/cpu$/.test(resource)) return formatCpu(amount)
  return /(?:memory|storage)$/.test(resource) ? formatBytes(amount) : String(amount)
}

/** Planned is what a plan says of a canary to be made. */
interface Planned {
  workload: Pick<CanaryWorkload, 'inPlace'>
  objects: readonly KubeObject[]
  scaling: { copy: KubeObject | null } | null
}

/**
 * demandOf gives what a release takes at its peak: all pods of the canary are there before it gets everything, and stable
 * surges beside them where it takes over.
 */
export function demandOf(
  stable: DeploymentView,
  canary: KubeObject,
  { workload, objects, scaling }: Planned,
): Demand {
  const like = deploymentView(canary)
  const surge = workload.inPlace === undefined ? 0 : surgeOf(stable)
  const track = workload.inPlace?.track
  // A standing canary has pods already, and is not made.
  const there = track === undefined ? 0 : like.replicas
  const pods = Math.max(stable.replicas, like.replicas) + surge - there
  const copy = scaling?.copy ?? null
  return { like, pods, objects: [...(track === undefined ? objects : []), ...(copy === null ? [] : [copy])] }
}

/** surgeOf gives how many pods more than its replicas a Deployment has while it replaces them. */
function surgeOf({ object, replicas }: DeploymentView): number {
  const strategy = objectAt(object.spec?.strategy)
  if (strategy.type === 'Recreate') return 0
  const { maxSurge = '25%' } = objectAt(strategy.rollingUpdate)
  const percent = /^(\d+)%$/.exec(String(maxSurge))?.[1]
  return percent === undefined ? Number(maxSurge) || 0 : Math.ceil((replicas * Number(percent)) / 100)
}
