import { Failure } from '../../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingObjects, Write } from '../../release/kubernetes.ts'
import { findObject } from '../api/find-object.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { type ResourceLocation, toPath, withQuery } from '../api/paths.ts'
import { discoverIstioVersion } from './istio-version.ts'
import { createRoutingLists, routingPlural } from './routing-lists.ts'

/** Name that our changes have in an object's managedFields. */
const fieldManager = 'shiftgate'

interface WriteResult {
  object: KubeObject
  warnings: string[]
}

/** RoutingClient reads and writes Istio's routing objects. */
export interface RoutingClient {
  routing(namespace: string, signal: AbortSignal): Promise<RoutingObjects>
  object(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | null>
  write(write: Write, options: { dryRun: boolean }, signal: AbortSignal): Promise<WriteResult>
  /** replace PUTs a whole object at its resourceVersion: throws `conflict` when that is stale. */
  replace(object: KubeObject, options: { dryRun: boolean }, signal: AbortSignal): Promise<WriteResult>
}

/** createRoutingClient makes the client of a cluster's routing objects. */
export function createRoutingClient(api: KubeApi): RoutingClient {
  let discovered: string | null = null
  const apiVersion = async (signal: AbortSignal): Promise<string> => {
    discovered ??= await discoverIstioVersion(api, signal)
    return discovered
  }
  const lists = createRoutingLists(api)
  const location = async (ref: ObjectRef, signal: AbortSignal): Promise<ResourceLocation> => ({
    apiVersion: await apiVersion(signal),
    plural: routingPlural(ref.kind),
    namespace: ref.namespace,
  })
  return {
    async routing(namespace, signal) {
      const version = await apiVersion(signal)
      return { apiVersion: version, ...(await lists(version, namespace, signal)) }
    },
    object: async (ref, signal) => findObject(api, await location(ref, signal), ref.name, signal),
    async write(write, options, signal) {
      if (write.action === 'create') {
        const { kind, namespace } = write.ref
        const path = toPath({ apiVersion: write.object.apiVersion, plural: routingPlural(kind), namespace })
        return sendWrite(api, 'POST', path, write.object, options, signal)
      }
      const path = toPath(await location(write.ref, signal), write.ref.name)
      return sendWrite(api, 'PATCH', path, write.patch, options, signal)
    },
    replace: async (object, options, signal) =>
      sendWrite(api, 'PUT', replacePath(object), object, options, signal),
  }
}

function replacePath({ kind, apiVersion, metadata }: KubeObject): string {
  const { name, namespace, resourceVersion } = metadata
  if (namespace && resourceVersion)
    return toPath({ apiVersion, plural: routingPlural(kind), namespace }, name)
  throw new Failure(
    'internal',
    'only a routing object as it was read, with its resourceVersion, can be replaced',
  )
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
