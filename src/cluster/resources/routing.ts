import { Failure } from '../../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingObjects, Write } from '../../release/kubernetes.ts'
import { findObject } from '../api/find-object.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { type ResourceLocation, toPath } from '../api/paths.ts'
import { discoverIstioVersion } from './istio-version.ts'
import { createRoutingLists, routingPlural } from './routing-lists.ts'
import { sendWrite, type WriteResult } from './write.ts'

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
