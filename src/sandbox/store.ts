import { randomUUID } from 'node:crypto'
import type { KubeObject } from '../release/kubernetes.ts'
import { apiVersionOf, type Kind, kindNamed } from './kinds.ts'
import { leavesOf, type ManagedField, ownersAfter } from './ownership.ts'

/** StoreChange is one thing that happened to an object; `before` is null for an addition. */
export interface StoreChange {
  type: 'added' | 'modified' | 'deleted'
  object: KubeObject
  before: KubeObject | null
}

/**
 * StoreReader shows what the cluster holds. Objects are frozen: they are shared with every reader. They carry
 * the preferred apiVersion of their kind. Cluster-scoped objects live under the namespace ''.
 */
export interface StoreReader {
  /** get finds one object; null where there is none. */
  get(kind: string, namespace: string, name: string): KubeObject | null
  /** list gives a kind's objects, sorted by namespace and name, of one namespace where one is given. */
  list(kind: string, namespace?: string): readonly KubeObject[]
  /** subscribe calls the listener after each change, in order; the returned function ends it. */
  subscribe(listener: (change: StoreChange) => void): () => void
  /** revision is the resourceVersion of the latest change. */
  revision(): number
}

/** Writer says who writes, for managedFields. */
export interface Writer {
  manager: string
  operation: 'Apply' | 'Update'
  /** What a server-side apply asked for: the writer owns all of it. */
  applied?: KubeObject
}

/** Store holds the objects. Every write gives a new resourceVersion, from one counter. */
export interface Store extends StoreReader {
  /** create adds an object with a new uid; the caller has checked that the name is free. */
  create(kind: Kind, object: KubeObject, writer: Writer): KubeObject
  /** update puts an object in the place of `before`; it returns `before` where nothing would change. */
  update(kind: Kind, before: KubeObject, object: KubeObject, writer: Writer): KubeObject
  remove(kind: Kind, object: KubeObject): void
  /** preview gives what create would store, without storing it: a uid, but no resourceVersion. */
  preview(kind: Kind, object: KubeObject, writer: Writer): KubeObject
  /** previewUpdate gives what update would store, under the resourceVersion of `before`. */
  previewUpdate(kind: Kind, before: KubeObject, object: KubeObject, writer: Writer): KubeObject
}

/** systemWriter is the name under which the sandbox's own controllers write. */
export const systemWriter: Writer = { manager: 'kube-controller-manager', operation: 'Update' }

/** same compares JSON values; keys whose value is undefined count as absent, the order of keys doesn't. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, index) => same(item, b[index]))
  }
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  const keys = new Set([...Object.keys(left), ...Object.keys(right)])
  for (const key of keys) if (!same(left[key], right[key])) return false
  return true
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const child of Object.values(value)) freeze(child)
  }
  return value
}

/** stampOf writes a time as Kubernetes does, in whole seconds. `ms` since the epoch. */
export function stampOf(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}

function sameButStatus(before: KubeObject, after: KubeObject): boolean {
  return same(contentOf(before), contentOf(after)) && same(metaOf(before), metaOf(after))
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

/** createStore makes an empty store; `now` gives virtual time in ms. */
export function createStore(now: () => number, newUid: () => string = randomUUID): Store {
  const byKind = new Map<string, Map<string, KubeObject>>()
  const sorted = new Map<string, KubeObject[]>()
  const listeners = new Set<(change: StoreChange) => void>()
  let counter = 1000

  const shelf = (kind: string): Map<string, KubeObject> => {
    const found = byKind.get(kind)
    if (found !== undefined) return found
    const made = new Map<string, KubeObject>()
    byKind.set(kind, made)
    return made
  }
  const keyOf = (kind: Kind, object: KubeObject): string =>
    `${kind.namespaced ? (object.metadata.namespace ?? '') : ''}/${object.metadata.name}`
  // A listener that writes must not make later listeners see its change before the one it answers.
  const untold: StoreChange[] = []
  let telling = false
  const tell = (change: StoreChange): void => {
    untold.push(change)
    if (telling) return
    telling = true
    try {
      for (let next = untold.shift(); next !== undefined; next = untold.shift()) {
        for (const listener of [...listeners]) listener(next)
      }
    } finally {
      telling = false
    }
  }
  const put = (kind: Kind, object: KubeObject): KubeObject => {
    freeze(object)
    shelf(kind.kind).set(keyOf(kind, object), object)
    sorted.delete(kind.kind)
    return object
  }
  const born = (kind: Kind, object: KubeObject, writer: Writer): KubeObject => {
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
        uid: newUid(),
        creationTimestamp: stampOf(now()),
        ...(hasGeneration(kind) ? { generation: 1 } : {}),
        managedFields: managedFields(null, object, kind, writer, stampOf(now())),
      },
    }
  }
  const successor = (kind: Kind, before: KubeObject, object: KubeObject, writer: Writer): KubeObject => {
    const old = before.metadata
    const spec = !same(contentOf({ ...before }), contentOf({ ...object, apiVersion: before.apiVersion }))
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
        managedFields: managedFields(before, object, kind, writer, stampOf(now())),
      },
    }
  }
  const unchanged = (before: KubeObject, object: KubeObject): boolean =>
    sameButStatus(before, { ...object, apiVersion: before.apiVersion }) && same(before.status, object.status)

  return {
    get: (kind, namespace, name) => byKind.get(kind)?.get(`${namespace}/${name}`) ?? null,
    list(kind, namespace) {
      let all = sorted.get(kind)
      if (all === undefined) {
        const entries = [...shelf(kind)].sort(([a], [b]) => (a < b ? -1 : 1))
        all = entries.map(([, object]) => object)
        sorted.set(kind, all)
      }
      return namespace === undefined ? all : all.filter((object) => object.metadata.namespace === namespace)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    revision: () => counter,
    create(kind, object, writer) {
      const made = born(kind, object, writer)
      made.metadata.resourceVersion = String(++counter)
      put(kind, made)
      tell({ type: 'added', object: made, before: null })
      return made
    },
    update(kind, before, object, writer) {
      if (unchanged(before, object)) return before
      const made = successor(kind, before, object, writer)
      made.metadata.resourceVersion = String(++counter)
      put(kind, made)
      tell({ type: 'modified', object: made, before })
      return made
    },
    remove(kind, object) {
      shelf(kind.kind).delete(keyOf(kind, object))
      sorted.delete(kind.kind)
      counter++
      tell({ type: 'deleted', object, before: object })
    },
    preview: born,
    previewUpdate: (kind, before, object, writer) =>
      unchanged(before, object) ? before : successor(kind, before, object, writer),
  }
}

function hasGeneration(kind: Kind): boolean {
  return !['Lease', 'Node', 'Namespace', 'ConfigMap', 'Service', 'ServiceAccount'].includes(kind.kind)
}

/** writeSystem creates or updates an object as one of the sandbox's own controllers. */
export function writeSystem(store: Store, object: KubeObject): KubeObject {
  const kind = kindNamed(object.kind)
  const before = store.get(
    kind.kind,
    kind.namespaced ? (object.metadata.namespace ?? '') : '',
    object.metadata.name,
  )
  return before === null
    ? store.create(kind, object, systemWriter)
    : store.update(kind, before, object, systemWriter)
}
