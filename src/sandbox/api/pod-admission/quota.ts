import type { KubeObject } from '../../../release/kubernetes.ts'
import { formatBytes, formatCpu, parseQuantity } from '../../../release/text/quantity.ts'
import { kinds } from '../../cluster/kinds.ts'
import type { StoreReader } from '../../cluster/store.ts'
import { refusedByAdmission } from '../answers.ts'

interface QuotaContainer {
  name: string
  resources?: { requests?: Record<string, unknown>; limits?: Record<string, unknown> }
}

/** Counted is how a quota counts objects of one kind. */
const counted: Record<string, { plain: string | null; count: string }> = {
  Pod: { plain: 'pods', count: 'count/pods' },
  Service: { plain: 'services', count: 'count/services' },
  ConfigMap: { plain: 'configmaps', count: 'count/configmaps' },
  Deployment: { plain: null, count: 'count/deployments.apps' },
  ReplicaSet: { plain: null, count: 'count/replicasets.apps' },
  HorizontalPodAutoscaler: { plain: null, count: 'count/horizontalpodautoscalers.autoscaling' },
}

/** Names under which a quota limits what containers ask for; without a prefix a request is meant. */
const computed = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

/**
 * admitWithinQuota refuses an object that a ResourceQuota of its namespace has no room for, by what is used at
 * this moment, in the API server's words. Throws a 403.
 */
export function admitWithinQuota(store: StoreReader, object: KubeObject): void {
  for (const quota of store.list('ResourceQuota', object.metadata.namespace)) {
    const { hard, used } = quotaStatus(store, quota)
    const limits = Object.keys(hard).sort()
    const missing = unsaid(object, limits)
    if (missing !== '')
      throw exceeded(object, `failed quota: ${quota.metadata.name}: must specify ${missing}`)
    const asked = limits
      .map((resource) => ({ resource, amount: usage(object, resource) }))
      .filter(({ amount }) => amount > 0)
    const over = asked.filter(
      ({ resource, amount }) => numberAt(used, resource) + amount > numberAt(hard, resource),
    )
    if (over.length === 0) continue
    const list = (write: (resource: string, amount: number) => string) =>
      over.map(({ resource, amount }) => `${resource}=${write(resource, amount)}`).join(',')
    throw exceeded(
      object,
      `exceeded quota: ${quota.metadata.name}, requested: ${list(written)}, ` +
        `used: ${list((resource) => used[resource] ?? '0')}, limited: ${list((resource) => String(hard[resource]))}`,
    )
  }
}

/** quotaStatus counts what is used of a quota, by resource. */
export function quotaStatus(
  store: StoreReader,
  { metadata, spec }: KubeObject,
): { hard: Record<string, string>; used: Record<string, string> } {
  const hard = (spec?.hard ?? {}) as Record<string, string>
  const objects = kinds.flatMap(({ kind }) => store.list(kind, metadata.namespace)).filter(isCounted)
  const used = Object.keys(hard).map((resource): [string, string] => {
    const amount = objects.reduce((sum, object) => sum + usage(object, resource), 0)
    return [resource, written(resource, amount)]
  })
  return { hard, used: Object.fromEntries(used) }
}

/** A pod that has run to its end takes nothing any more. */
function isCounted({ kind, status }: KubeObject): boolean {
  const { phase } = (status ?? {}) as { phase?: string }
  return kind !== 'Pod' || (phase !== 'Succeeded' && phase !== 'Failed')
}

function exceeded(object: KubeObject, why: string) {
  return refusedByAdmission(object, why)
}

/** unsaid names what a quota needs to know of each container and isn't told; '' where all is said. */
function unsaid(object: KubeObject, limits: readonly string[]): string {
  if (object.kind !== 'Pod') return ''
  return limits
    .filter((resource) => computed.includes(resource))
    .flatMap((resource) => {
      const silent = containersOf(object).filter((container) => amountOf(container, resource) === null)
      return silent.length === 0 ? [] : [`${resource} for: ${silent.map(({ name }) => name).join(',')}`]
    })
    .join('; ')
}

function numberAt(amounts: Record<string, string>, resource: string): number {
  return parseQuantity(amounts[resource]) ?? 0
}

/** usage gives how much of a quota's resource an object takes. */
function usage(object: KubeObject, resource: string): number {
  const kind = counted[object.kind]
  if (kind !== undefined && (resource === kind.plain || resource === kind.count)) return 1
  if (object.kind !== 'Pod' || !computed.includes(resource)) return 0
  return containersOf(object).reduce((sum, container) => sum + (amountOf(container, resource) ?? 0), 0)
}

/** written gives an amount of a resource in the form that the API uses. */
function written(resource: string, amount: number): string {
  if (resource.endsWith('cpu')) return formatCpu(amount)
  return resource.endsWith('memory') ? formatBytes(amount) : String(amount)
}

function containersOf(pod: KubeObject): QuotaContainer[] {
  return (pod.spec?.containers ?? []) as unknown as QuotaContainer[]
}

/** A request that isn't given is the limit. */
function amountOf({ resources = {} }: QuotaContainer, resource: string): number | null {
  const [first = '', second] = resource.split('.')
  const name = second ?? first
  const { requests = {}, limits = {} } = resources
  const value = first === 'limits' ? limits[name] : (requests[name] ?? limits[name])
  return value === undefined ? null : parseQuantity(value)
}
