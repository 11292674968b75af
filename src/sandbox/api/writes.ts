import type { KubeObject } from '../../release/kubernetes.ts'
import type { Kind } from '../cluster/kinds.ts'
import type { Writer } from '../cluster/object-metadata.ts'
import type { Store } from '../cluster/store.ts'
import { admit } from './admission.ts'
import {
  alreadyExists,
  badRequest,
  conflict,
  invalid,
  invalidPatch,
  modified,
  notFound,
  unsupportedMedia,
} from './answers.ts'
import { removeFinished } from './deletes.ts'
import { applyTo } from './patch/apply.ts'
import { applyJsonPatch, readJsonPatch } from './patch/json-patch.ts'
import { mergePatch, strategicMerge } from './patch/merge-patch.ts'
import { admitPod } from './pod-admission/pod-admission.ts'
import { admitWithinQuota } from './pod-admission/quota.ts'

/** WriteCall is a write that has been authorized. */
export interface WriteCall {
  kind: Kind
  version: string
  namespace: string
  name: string
  subresource: string
  body: unknown
  contentType: string
  dryRun: boolean
  fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  manager: string
  force: boolean
}

export interface Written {
  code: number
  object: KubeObject
  warnings: string[]
}

/** createObject answers a POST. */
export function createObject(store: Store, call: WriteCall): Written {
  const writer: Writer = { manager: call.manager, operation: 'Update' }
  return insert(store, call, call.body, writer, 201)
}

function insert(store: Store, call: WriteCall, body: unknown, writer: Writer, code: number): Written {
  const { object, warnings } = admit(store, proposal(call, null, false), body)
  if (store.get(call.kind.kind, call.namespace, object.metadata.name) !== null) {
    throw alreadyExists(call.kind, object.metadata.name)
  }
  if (call.kind.kind === 'Pod') admitPod(store, object)
  else admitWithinQuota(store, object)
  const act = call.dryRun ? store.preview : store.create
  return { code, object: act(call.kind, object, writer), warnings }
}

/** replaceObject answers a PUT. */
export function replaceObject(store: Store, call: WriteCall): Written {
  const before = existing(store, call)
  return put(store, call, before, call.body, { manager: call.manager, operation: 'Update' }, false)
}

/** patchObject answers a PATCH, whatever its content type is. */
export function patchObject(store: Store, call: WriteCall): Written {
  const type = call.contentType.split(';')[0]?.trim() ?? ''
  const accepted = [
    'application/json-patch+json',
    'application/merge-patch+json',
    ...(call.kind.custom ? [] : ['application/strategic-merge-patch+json']),
    'application/apply-patch+yaml',
  ]
  if (!accepted.includes(type)) throw unsupportedMedia(accepted)
  if (type === 'application/apply-patch+yaml') return applyObject(store, call)
  const operations = type === 'application/json-patch+json' ? readJsonPatch(call.body) : null
  if (
    operations === null &&
    (typeof call.body !== 'object' || call.body === null || Array.isArray(call.body))
  ) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    )
  }
  const before = existing(store, call)
  const shown = { ...before, apiVersion: shownVersion(call) }
  const patched =
    operations !== null
      ? applyJsonPatch(shown, operations)
      : type === 'application/merge-patch+json'
        ? mergePatch(shown, call.body)
        : strategicMerge(shown, call.body)
  return put(store, call, before, patched, { manager: call.manager, operation: 'Update' }, true)
}

function shownVersion(call: WriteCall): string {
  return call.kind.group === '' ? call.version : `${call.kind.group}/${call.version}`
}

function applyObject(store: Store, call: WriteCall): Written {
  if (call.manager === '')
    throw badRequest('PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value')
  const applied = { metadata: {}, ...(call.body as object) } as unknown as KubeObject
  applied.metadata = { ...applied.metadata, name: applied.metadata.name ?? call.name }
  const writer: Writer = { manager: call.manager, operation: 'Apply', applied }
  const before = store.get(call.kind.kind, call.namespace, call.name)
  if (before === null) return insert(store, call, applied, writer, 201)
  const merged = applyTo({ ...before, apiVersion: shownVersion(call) }, applied, call.manager, call.force)
  if (applied.metadata.resourceVersion !== undefined) {
    merged.metadata.resourceVersion = applied.metadata.resourceVersion
  }
  return put(store, call, before, merged, writer, true)
}

/** existing finds the object of a write; throws a 404. */
export function existing(store: Store, call: WriteCall): KubeObject {
  const found = store.get(call.kind.kind, call.namespace, call.name)
  if (found === null) throw notFound(call.kind, call.name)
  return found
}

/** put stores a new body of an object; `patched`: a patch made it. */
export function put(
  store: Store,
  call: WriteCall,
  before: KubeObject,
  body: unknown,
  writer: Writer,
  patched: boolean,
): Written {
  const proposed = call.subresource === 'status' ? withNewStatus(before, body) : body
  checkVersion(call.kind, before, proposed, patched)
  const { object, warnings } = admit(store, proposal(call, before, patched), proposed)
  if (call.subresource === 'status') object.status = (body as KubeObject).status
  const act = call.dryRun ? store.previewUpdate : store.update
  const made = act(call.kind, before, object, writer)
  if (!call.dryRun) removeFinished(store, call.kind, made)
  return { code: 200, object: made, warnings }
}

function withNewStatus(before: KubeObject, body: unknown): KubeObject {
  const given = body as KubeObject
  const { resourceVersion } = given.metadata ?? {}
  return {
    ...structuredClone(before),
    apiVersion: given.apiVersion ?? before.apiVersion,
    metadata: { ...before.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  }
}

/** checkVersion keeps a write off that was made from an older object, or from another one of that name. */
function checkVersion(kind: Kind, before: KubeObject, body: unknown, patched: boolean): void {
  const metadata = (body as Partial<KubeObject> | null)?.metadata
  const name = before.metadata.name
  const version = metadata?.resourceVersion
  if (version === undefined || version === '' || version === '0') {
    if (!kind.custom) return
    const message = 'Invalid value: 0: must be specified for an update'
    throw invalid(
      kind,
      name,
      [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }],
      'plural',
    )
  }
  if (typeof version !== 'string') {
    if (patched) throw invalidPatch(JSON.stringify(body), 'metadata.resourceVersion has to be a string')
    throw badRequest('metadata.resourceVersion has to be a string')
  }
  if (metadata?.uid !== undefined && metadata.uid !== before.metadata.uid) {
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${before.metadata.uid}`,
    )
  }
  if (version !== before.metadata.resourceVersion) throw modified(kind, name)
}

function proposal(call: WriteCall, before: KubeObject | null, patched: boolean) {
  const { kind, version, namespace, fieldValidation } = call
  return { kind, version, namespace, before, fieldValidation, patched, overApi: true }
}
