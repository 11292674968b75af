import type { KubeObject } from '../../release/kubernetes.ts'
import { apiVersionOf, type Kind } from './kinds.ts'
import { leavesOf, type ManagedField, ownersAfter } from './ownership.ts'
import { same } from './values.ts'

/** Writer says who writes, for managedFields. */
export interface Writer {
  manager: string
  operation: 'Apply' | 'Update'
  /** What a server-side apply asked for: the writer owns all of it. */
  applied?: KubeObject
}

/** contentOf is what counts for the generation: everything but metadata and status. */
function contentOf(object: KubeObject): Record<string, unknown> {
  const { metadata: _metadata, status: _status, ...content } = object
  return content
}

function metaOf(object: KubeObject): Record<string, unknown> {
  const {
    resourceVersion: _version,
    managedFields: _fields,
    generation: _generation,
    ...meta
  } = object.metadata
  return meta
}

function managedFields(
  before: KubeObject | null,
  after: KubeObject,
  kind: Kind,
  writer: Writer,
  time: string,
): ManagedField[] {
  const old = before === null ? new Map<string, unknown>() : leavesOf(before)
  const now = leavesOf(after)
  const changed = new Set<string>()
  for (const [leaf, value] of now) if (!old.has(leaf) || !same(old.get(leaf), value)) changed.add(leaf)
  const status = changed.size > 0 && [...changed].every((leaf) => leaf.startsWith('status\0'))
  return ownersAfter((before?.metadata.managedFields ?? []) as ManagedField[], {
    entry: {
      manager: writer.manager,
      operation: writer.operation,
      apiVersion: apiVersionOf(kind),
      time,
      ...(status ? { subresource: 'status' } : {}),
    },
    changed,
    present: new Set(now.keys()),
    applied: writer.applied === undefined ? null : new Set(leavesOf(writer.applied).keys()),
  })
}

/** createdObject gives a new object as it is stored, but for its resourceVersion. */
export function createdObject(
  kind: Kind,
  object: KubeObject,
  writer: Writer,
  given: { uid: string; time: string },
): KubeObject {
  const {
    resourceVersion: _version,
    uid: _uid,
    generation: _generation,
    managedFields: _fields,
    ...meta
  } = structuredClone(object.metadata)
  return {
    ...structuredClone(object),
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      ...meta,
      uid: given.uid,
      creationTimestamp: given.time,
      ...(hasGeneration(kind) ? { generation: 1 } : {}),
      managedFields: managedFields(null, object, kind, writer, given.time),
    },
  }
}

/** updatedObject gives what takes the place of `before`, still under its resourceVersion. */
export function updatedObject(
  kind: Kind,
  before: KubeObject,
  object: KubeObject,
  writer: Writer,
  time: string,
): KubeObject {
  const old = before.metadata
  const spec = !same(contentOf(before), contentOf({ ...object, apiVersion: before.apiVersion }))
  return {
    ...structuredClone(object),
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata: {
      ...structuredClone(object.metadata),
      ...(old.uid === undefined ? {} : { uid: old.uid }),
      ...(old.creationTimestamp === undefined ? {} : { creationTimestamp: old.creationTimestamp }),
      ...(hasGeneration(kind) ? { generation: (old.generation ?? 1) + (spec ? 1 : 0) } : {}),
      ...(old.resourceVersion === undefined ? {} : { resourceVersion: old.resourceVersion }),
      managedFields: managedFields(before, object, kind, writer, time),
    },
  }
}

/** isUnchanged tells whether storing `object` in the place of `before` would change nothing. */
export function isUnchanged(before: KubeObject, object: KubeObject): boolean {
  return (
    same(contentOf(before), contentOf({ ...object, apiVersion: before.apiVersion })) &&
    same(metaOf(before), metaOf(object)) &&
    same(before.status, object.status)
  )
}

function hasGeneration(kind: Kind): boolean {
  return !['Lease', 'Node', 'Namespace', 'ConfigMap', 'Service', 'ServiceAccount'].includes(kind.kind)
}
