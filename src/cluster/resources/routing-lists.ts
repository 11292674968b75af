import { Failure, isFailure } from '../../release/failure.ts'
import type { KubeObject, RoutingObjects } from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { toPath } from '../api/paths.ts'

/** The collections of the routing kinds. */
const plurals = new Map([
  ['VirtualService', 'virtualservices'],
  ['DestinationRule', 'destinationrules'],
])
/** Lists of single namespaces at a time, where the list over all of them is forbidden. */
const concurrentLists = 8

/** isRoutingKind tells the kinds that routes are made of from all others. */
export function isRoutingKind(kind: string): boolean {
  return plurals.has(kind)
}

/** routingPlural names the collection of a routing kind. Throws Failure `internal` for any other kind. */
export function routingPlural(kind: string): string {
  const plural = plurals.get(kind)
  if (plural !== undefined) return plural
  throw new Failure('internal', `${kind} is no kind of routing object. Please report this.`)
}

type Listed = Omit<RoutingObjects, 'apiVersion'>

/** RoutingLists reads all routing objects that may be read, of every namespace or of those that are allowed. */
type RoutingLists = (apiVersion: string, target: string, signal: AbortSignal) => Promise<Listed>

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
        return { objects: await listIn(null), unreadable: [] }
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
): Promise<KubeObject[]> {
  const lists = await Promise.allSettled(
    [...plurals.values()].map((plural) => api.items(toPath({ apiVersion, plural, namespace }), signal)),
  )
  // Both are waited for, so that no request is under way after the answer; then the first failure counts.
  return lists.flatMap((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}

/** listReadableNamespaces reads the namespaces that may be read; the target's own must be among them. */
async function listReadableNamespaces(
  known: readonly string[] | null,
  target: string,
  forbidden: Set<string>,
  listIn: (namespace: string) => Promise<KubeObject[]>,
): Promise<Listed> {
  const skipped = new Set(forbidden)
  const queue = [...new Set([target, ...(known ?? [])])].filter((name) => !forbidden.has(name))
  const found: Record<string, KubeObject[]> = {}
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
    objects: inOrder.flatMap((name) => found[name] ?? []),
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
