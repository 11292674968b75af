import { parse } from 'yaml'
import { isServed, type Kind, kindAt } from '../cluster/kinds.ts'
import type { Attributes, UserIdentity } from '../cluster/rbac.ts'
import type { Store } from '../cluster/store.ts'
import { stampOf } from '../cluster/values.ts'
import { badRequest, forbidden, forbiddenPath, methodNotAllowed, notFound, pageNotFound } from './answers.ts'
import { deleteObject } from './deletes.ts'
import { discovery } from './discovery.ts'
import type { ApiServerOptions } from './options.ts'
import { listObjects, shownAs } from './reads.ts'
import { attributesOf, type ResourcePath, resourcePath } from './routing.ts'
import { scaleOf, writeScale } from './scale.ts'
import { proxyToService } from './service-proxy.ts'
import type { WatchCall } from './watch.ts'
import { createObject, patchObject, replaceObject, type WriteCall, type Written } from './writes.ts'

/** ApiServerReply is an answer before it is sent. */
export type ApiServerReply =
  | { code: number; json: unknown; headers?: Record<string, string | string[]> }
  | { code: number; text: string; headers?: Record<string, string> }
  | { watch: WatchCall }

/** ApiServerCall is one request, read. */
interface ApiServerCall {
  method: string
  path: string
  query: URLSearchParams
  rawQuery: string
  body: string
  contentType: string
  userAgent: string
  identity: UserIdentity
}

/** replyTo authorizes a call, finds who answers it and gives the reply; throws an Answer that refuses it. */
export async function replyTo(options: ApiServerOptions, call: ApiServerCall): Promise<ApiServerReply> {
  const target = resourcePath(call.path)
  if (target === null) return replyToPath(options, call)
  const attributes = attributesOf(call.method, target, call.query)
  if (!options.access.allows(call.identity, attributes)) throw forbidden(call.identity.user, attributes)
  if (target.group === 'authorization.k8s.io') return review(options, call, target)
  const kind = kindAt(target.group, target.version, target.plural)
  const hidden = kind === null || !isServed(options.store, kind)
  if (hidden || (kind.namespaced && target.namespace === '' && target.name !== '')) throw pageNotFound()
  if (kind.kind === 'Service' && target.subresource === 'proxy') return proxy(options, call, target)
  if (!hasSubresource(kind, target.subresource)) throw pageNotFound()
  const place = { ...target, namespace: kind.namespaced ? target.namespace : '' }
  if (call.method === 'GET') return read(options, call, kind, place)
  return write(options, call, kind, place)
}

function hasSubresource({ status, scale }: Kind, subresource: string): boolean {
  return subresource === '' || (subresource === 'status' && status) || (subresource === 'scale' && scale)
}

function replyToPath({ access, store }: ApiServerOptions, call: ApiServerCall): ApiServerReply {
  if (!access.allowsPath(call.identity, call.path)) {
    throw forbiddenPath(call.identity.user, call.method.toLowerCase(), call.path)
  }
  if (['/healthz', '/livez', '/readyz'].includes(call.path)) return { code: 200, text: 'ok' }
  const found = discovery(store, call.path)
  if (found === null) throw pageNotFound()
  return { code: 200, json: found }
}

function read(
  { store }: ApiServerOptions,
  call: ApiServerCall,
  kind: Kind,
  target: ResourcePath,
): ApiServerReply {
  const { version, namespace, name } = target
  if (name !== '') {
    const object = store.get(kind.kind, namespace, name)
    if (object === null) throw notFound(kind, name)
    return {
      code: 200,
      json: target.subresource === 'scale' ? scaleOf(object) : shownAs(object, kind, version),
    }
  }
  const found = listObjects(store, kind, version, namespace, call.query)
  if (['1', 'true'].includes(call.query.get('watch') ?? '')) {
    return { watch: { kind, version, namespace, query: call.query } }
  }
  return { code: 200, json: found }
}

const handlers: Record<string, (store: Store, call: WriteCall) => Written> = {
  POST: createObject,
  PUT: replaceObject,
  PATCH: patchObject,
}

/** Kinds whose deletion is answered with the object; that of others with a Status. */
const returned = new Set(['Pod', 'Service', 'ServiceAccount', 'ResourceQuota', 'PersistentVolumeClaim'])

function write(
  { store, now }: ApiServerOptions,
  call: ApiServerCall,
  kind: Kind,
  target: ResourcePath,
): ApiServerReply {
  const wanted = writeCall(call, kind, target)
  if (call.method === 'DELETE' && target.name !== '') {
    const { object, gone } = deleteObject(store, wanted, now())
    const json =
      gone && !returned.has(kind.kind) ? deletion(kind, object) : shownAs(object, kind, target.version)
    return { code: 200, json }
  }
  const handler = handlers[call.method]
  if (handler === undefined || (call.method === 'POST') === (target.name !== '')) throw methodNotAllowed()
  const { code, object, warnings } =
    target.subresource === 'scale' ? writeScale(store, wanted, call.method) : handler(store, wanted)
  const headers = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`)
  const json = object.kind === 'Scale' ? object : shownAs(object, kind, target.version)
  return headers.length > 0 ? { code, json, headers: { warning: headers } } : { code, json }
}

function deletion(
  kind: Kind,
  { metadata }: { metadata: { name: string; uid?: string } },
): Record<string, unknown> {
  const details = { name: metadata.name, group: kind.group, kind: kind.plural, uid: metadata.uid }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

function writeCall(call: ApiServerCall, kind: Kind, target: ResourcePath): WriteCall {
  const dryRun = call.query.getAll('dryRun')
  if (dryRun.some((value) => value !== 'All')) {
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(dryRun[0])}: supported values: "All"`)
  }
  const validation = call.query.get('fieldValidation') ?? 'Warn'
  if (!['Ignore', 'Warn', 'Strict'].includes(validation)) {
    throw badRequest(
      `fieldValidation: Unsupported value: ${JSON.stringify(validation)}: supported values: "Ignore", "Strict", "Warn"`,
    )
  }
  return {
    kind,
    version: target.version,
    namespace: target.namespace,
    name: target.name,
    subresource: target.subresource,
    body: parsed(call),
    contentType: call.contentType,
    dryRun: dryRun.length > 0,
    fieldValidation: validation as WriteCall['fieldValidation'],
    manager: call.query.get('fieldManager') ?? managerIn(call),
    force: call.query.get('force') === 'true',
  }
}

/** Without a fieldManager the part of the user agent before the slash names the writer, except to apply. */
function managerIn(call: ApiServerCall): string {
  return call.contentType.startsWith('application/apply-patch')
    ? ''
    : (call.userAgent.split('/')[0] ?? 'unknown')
}

function parsed(call: ApiServerCall): unknown {
  if (call.body === '') return null
  try {
    return call.contentType.includes('yaml') ? parse(call.body) : JSON.parse(call.body)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    if (call.method === 'PATCH') throw badRequest(`error decoding patch: ${why}`)
    throw badRequest(`the object provided is unrecognized (must be of type Status): ${why}`)
  }
}

function review(
  { access, now }: ApiServerOptions,
  call: ApiServerCall,
  target: ResourcePath,
): ApiServerReply {
  if (target.version !== 'v1' || target.plural !== 'selfsubjectaccessreviews') throw pageNotFound()
  if (call.method !== 'POST') throw methodNotAllowed()
  const spec = (parsed(call) as { spec?: ReviewSpec } | null)?.spec ?? {}
  const wanted = spec.resourceAttributes
  const allowed =
    wanted === undefined
      ? access.allowsPath(call.identity, spec.nonResourceAttributes?.path ?? '/')
      : access.allows(call.identity, {
          verb: wanted.verb ?? '*',
          group: wanted.group ?? '',
          resource: wanted.resource ?? '*',
          subresource: wanted.subresource ?? '',
          namespace: wanted.namespace ?? '',
          name: wanted.name ?? '',
        })
  const json = {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: stampOf(now()) },
    spec,
    status: { allowed },
  }
  return { code: 201, json }
}

interface ReviewSpec {
  resourceAttributes?: Partial<Attributes>
  nonResourceAttributes?: { path?: string }
}

async function proxy(
  options: ApiServerOptions,
  call: ApiServerCall,
  target: ResourcePath,
): Promise<ApiServerReply> {
  const answer = await proxyToService(
    options.store,
    target,
    {
      method: call.method,
      query: call.rawQuery,
      body: call.body,
      headers: call.contentType === '' ? {} : { 'content-type': call.contentType },
    },
    options.backend,
  )
  return { code: answer.status, text: answer.body, headers: answer.headers }
}
