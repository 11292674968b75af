import { isFailure } from '../../release/failure.ts'
import type { KubeObject, RoutingKind, RoutingSnapshot } from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { toPath } from '../api/paths.ts'

/** routingPlurals names the collections of the routing kinds. */
export const routingPlurals: Readonly<Record<RoutingKind, string>> = {
  VirtualService: 'virtualservices',
  DestinationRule: 'destinationrules',
}
const kinds = Object.keys(routingPlurals) as RoutingKind[]
/** Lists of single namespaces at a time, where the list over all of them is forbidden. */
const concurrentLists = 8

type RoutingObjects = Omit<RoutingSnapshot, 'apiVersion'>

/** RoutingLists reads all routing objects that may be read, of every namespace or of those that are allowed. */
type RoutingLists = (apiVersion: string, target: string, signal: AbortSignal) => Promise<RoutingObjects>

/**
 * createRoutingLists remembers what is forbidden, once the API server confirmed it: a release asks every few
 * seconds.
 */
export function createRoutingLists(api: KubeApi): RoutingLists {
  let everywhereForbidden = false
  const forbidden = new Set<string>()
  return async (apiVersion, target, signal) => {
    const listIn = (namespace: string | null) => listKinds(api, apiVersion, namespace, signal)
    if (!everywhereForbidden) {
      try {
        const [virtualServices = [], destinationRules = []] = await listIn(null)
        return { virtualServices, destinationRules, unreadable: [] }
      } catch (error) {
        if (!isFailure(error, 'forbidden')) throw error
        everywhereForbidden = error.details.confirmed === true
      }
    }
    return listReadableNamespaces(await namespaces(api, signal), target, forbidden, listIn)
  }
}

async function listKinds(
  api: KubeApi,
  apiVersion: string,
  namespace: string | null,
  signal: AbortSignal,
): Promise<KubeObject[][]> {
  const lists = await Promise.allSettled(
    kinds.map((kind) => api.items(toPath({ apiVersion, plural: routingPlurals[kind], namespace }), signal)),
  )
  // Both are waited for, so that no request is under way after the answer; then the first failure counts.
  return lists.map((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}

/** listReadableNamespaces reads the namespaces that may be read; the target's own must be among them. */
async function listReadableNamespaces(
  known: readonly string[] | null,
  target: string,
  forbidden: Set<string>,
  listIn: (namespace: string) => Promise<KubeObject[][]>,
): Promise<RoutingObjects> {
  const skipped = new Set(forbidden)
  const queue = [...new Set([target, ...(known ?? [])])].filter((name) => !forbidden.has(name))
  const found: Record<string, KubeObject[][]> = {}
  async function work(): Promise<void> {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      try {
        found[name] = await listIn(name)
      } catch (error) {
        if (name === target || !isFailure(error, 'forbidden')) throw error
        skipped.add(name)
        if (error.details.confirmed === true) forbidden.add(name)
      }
    }
  }
  await Promise.all(Array.from({ length: concurrentLists }, work))
  const inOrder = Object.keys(found).sort()
  return {
    virtualServices: inOrder.flatMap((name) => found[name]?.[0] ?? []),
    destinationRules: inOrder.flatMap((name) => found[name]?.[1] ?? []),
    unreadable: known === null ? ['*'] : known.filter((name) => skipped.has(name)).sort(),
  }
}

/** namespaces gives the names of all namespaces; null where they may not be listed. */
async function namespaces(api: KubeApi, signal: AbortSignal): Promise<string[] | null> {
  try {
    const list = await api.items('/api/v1/namespaces', signal)
    return list.map((namespace) => namespace.metadata.name)
  } catch (error) {
    if (isFailure(error, 'forbidden')) return null
    throw error
  }
}
