import { Failure, isFailure } from '../../release/failure.ts'
import type {
  JsonObject,
  KubeObject,
  ObjectRef,
  RoutingKind,
  RoutingSnapshot,
  Write,
} from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { toPath, withQuery } from '../api/paths.ts'

const group = 'networking.istio.io'
const versions = ['v1', 'v1beta1', 'v1alpha3']
const plurals: Readonly<Record<RoutingKind, string>> = {
  VirtualService: 'virtualservices',
  DestinationRule: 'destinationrules',
}
const kinds = Object.keys(plurals) as RoutingKind[]
/** Name that our changes have in an object's managedFields. */
const fieldManager = 'shiftgate'
/** Lists of single namespaces at a time, where the list over all of them is forbidden. */
const concurrentLists = 8

interface WriteResult {
  object: KubeObject
  warnings: string[]
}

/** RoutingClient reads and writes Istio's routing objects. */
export interface RoutingClient {
  routing(namespace: string, signal: AbortSignal): Promise<RoutingSnapshot>
  object(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | null>
  write(write: Write, options: { dryRun: boolean }, signal: AbortSignal): Promise<WriteResult>
  /** replace PUTs a whole object at its resourceVersion: throws `conflict` when that is stale. */
  replace(object: KubeObject, options: { dryRun: boolean }, signal: AbortSignal): Promise<WriteResult>
}

/** createRoutingClient opens the routing objects of a cluster. */
export function createRoutingClient(api: KubeApi): RoutingClient {
  let served: string | null = null
  /** What was forbidden once is not asked for again: a release asks every few seconds. */
  const forbidden = { everywhere: false, namespaces: new Set<string>() }

  async function apiVersion(signal: AbortSignal): Promise<string> {
    served ??= await discover(api, signal)
    return served
  }

  async function place(ref: ObjectRef, signal: AbortSignal): Promise<string> {
    const version = await apiVersion(signal)
    return toPath({ apiVersion: version, plural: plurals[ref.kind], namespace: ref.namespace }, ref.name)
  }

  async function listIn(namespace: string | null, signal: AbortSignal): Promise<KubeObject[][]> {
    const version = await apiVersion(signal)
    const lists = await Promise.allSettled(
      kinds.map((kind) =>
        api.items(toPath({ apiVersion: version, plural: plurals[kind], namespace }), signal),
      ),
    )
    // Both are waited for, so that no request is under way after the answer; then the first failure counts.
    return lists.map((each) => {
      if (each.status === 'rejected') throw each.reason
      return each.value
    })
  }

  async function routing(namespace: string, signal: AbortSignal): Promise<RoutingSnapshot> {
    const version = await apiVersion(signal)
    if (!forbidden.everywhere) {
      try {
        const [virtualServices = [], destinationRules = []] = await listIn(null, signal)
        return { apiVersion: version, virtualServices, destinationRules, unreadable: [] }
      } catch (error) {
        if (!isFailure(error, 'forbidden')) throw error
        forbidden.everywhere = true
      }
    }
    return {
      apiVersion: version,
      ...(await listReadableNamespaces(api, namespace, forbidden.namespaces, listIn, signal)),
    }
  }

  return {
    routing,
    async object(ref, signal) {
      try {
        return (await api.read(await place(ref, signal), signal)) as unknown as KubeObject
      } catch (error) {
        if (isFailure(error, 'not-found')) return null
        throw error
      }
    },
    async write(write, options, signal) {
      if (write.action === 'create') {
        const { kind, namespace } = write.ref
        const path = toPath({ apiVersion: write.object.apiVersion, plural: plurals[kind], namespace })
        return sendWrite(api, 'POST', path, write.object, options, signal)
      }
      return sendWrite(api, 'PATCH', await place(write.ref, signal), write.patch, options, signal)
    },
    async replace(object, options, signal) {
      const { name, namespace, resourceVersion } = object.metadata
      const plural = plurals[object.kind as RoutingKind]
      if (!plural || !namespace || !resourceVersion) {
        throw new Failure(
          'internal',
          'only a routing object as it was read, with its resourceVersion, can be replaced',
        )
      }
      const path = toPath({ apiVersion: object.apiVersion, plural, namespace }, name)
      return sendWrite(api, 'PUT', path, object, options, signal)
    },
  }
}

async function sendWrite(
  api: KubeApi,
  method: string,
  path: string,
  body: unknown,
  { dryRun }: { dryRun: boolean },
  signal: AbortSignal,
): Promise<WriteResult> {
  const answer = await api.send(
    {
      method,
      // Strict in the dry run only: an unknown field is then an error before anything is written. In the write
      // itself it would refuse, in the middle of a release, an object that somebody else wrote with it.
      path: withQuery(path, {
        fieldManager,
        ...(dryRun ? { dryRun: 'All', fieldValidation: 'Strict' } : { fieldValidation: 'Warn' }),
      }),
      body: JSON.stringify(body),
      contentType: method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
    },
    signal,
  )
  return { object: answer.body as unknown as KubeObject, warnings: answer.warnings }
}

async function discover(api: KubeApi, signal: AbortSignal): Promise<string> {
  let body: JsonObject
  try {
    body = (await api.read(`/apis/${group}`, signal)) as JsonObject
  } catch (error) {
    if (!isFailure(error, 'kind-not-served', 'not-found')) throw error
    throw notServed(`the cluster ${api.session().name} does not serve ${group}`)
  }
  const offered = Array.isArray(body.versions) ? body.versions : []
  const names = offered.map((entry) => (entry as JsonObject).version)
  const version = versions.find((name) => names.includes(name))
  if (version === undefined)
    throw notServed(`the cluster serves ${group} only as ${names.join(', ') || 'nothing'}`)
  return `${group}/${version}`
}

function notServed(what: string): Failure {
  return new Failure(
    'kind-not-served',
    `${what}: install Istio (its CRDs), or check that this is the right cluster`,
    {
      details: { group },
    },
  )
}

/** listReadableNamespaces reads the namespaces that may be read; the target's own must be among them. */
async function listReadableNamespaces(
  api: KubeApi,
  target: string,
  forbidden: Set<string>,
  listIn: (namespace: string, signal: AbortSignal) => Promise<KubeObject[][]>,
  signal: AbortSignal,
): Promise<Omit<RoutingSnapshot, 'apiVersion'>> {
  const known = await namespaces(api, signal)
  const queue = [...new Set([target, ...(known ?? [])])].filter((name) => !forbidden.has(name))
  const found: Record<string, KubeObject[][]> = {}
  async function work(): Promise<void> {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      try {
        found[name] = await listIn(name, signal)
      } catch (error) {
        if (name === target || !isFailure(error, 'forbidden')) throw error
        forbidden.add(name)
      }
    }
  }
  await Promise.all(Array.from({ length: concurrentLists }, work))
  const inOrder = Object.keys(found).sort()
  return {
    virtualServices: inOrder.flatMap((name) => found[name]?.[0] ?? []),
    destinationRules: inOrder.flatMap((name) => found[name]?.[1] ?? []),
    unreadable: known === null ? ['*'] : known.filter((name) => forbidden.has(name)).sort(),
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
