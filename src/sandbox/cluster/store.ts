import { randomUUID } from 'node:crypto'
import type { KubeObject } from '../../release/kubernetes.ts'
import { type Kind, kindNamed } from './kinds.ts'
import { createdObject, isUnchanged, updatedObject, type Writer } from './object-metadata.ts'
import { freeze, stampOf } from './values.ts'

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

/** createStore makes an empty store; `now` gives virtual time in ms. */
export function createStore(now: () => number, newUid: () => string = randomUUID): Store {
  const shelves = createShelves()
  const { tell, subscribe } = createAnnouncer()
  let counter = 1000
  const time = (): string => stampOf(now())
  const stored = (kind: Kind, object: KubeObject): KubeObject => {
    object.metadata.resourceVersion = String(++counter)
    shelves.put(kind, freeze(object))
    return object
  }
  return {
    get: shelves.get,
    list: shelves.list,
    subscribe,
    revision: () => counter,
    create(kind, object, writer) {
      const made = stored(kind, createdObject(kind, object, writer, { uid: newUid(), time: time() }))
      tell({ type: 'added', object: made, before: null })
      return made
    },
    update(kind, before, object, writer) {
      if (isUnchanged(before, object)) return before
      const made = stored(kind, updatedObject(kind, before, object, writer, time()))
      tell({ type: 'modified', object: made, before })
      return made
    },
    remove(kind, object) {
      shelves.remove(kind, object)
      counter++
      tell({ type: 'deleted', object, before: object })
    },
    preview: (kind, object, writer) => createdObject(kind, object, writer, { uid: newUid(), time: time() }),
    previewUpdate: (kind, before, object, writer) =>
      isUnchanged(before, object) ? before : updatedObject(kind, before, object, writer, time()),
  }
}

function createShelves() {
  const byKind = new Map<string, Map<string, KubeObject>>()
  const sorted = new Map<string, readonly KubeObject[]>()
  const keyOf = (kind: Kind, { metadata }: KubeObject): string =>
    `${kind.namespaced ? (metadata.namespace ?? '') : ''}/${metadata.name}`
  return {
    get: (kind: string, namespace: string, name: string): KubeObject | null =>
      byKind.get(kind)?.get(`${namespace}/${name}`) ?? null,
    list(kind: string, namespace?: string): readonly KubeObject[] {
      let all = sorted.get(kind)
      if (all === undefined) {
        const entries = [...(byKind.get(kind) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
        all = entries.map(([, object]) => object)
        sorted.set(kind, all)
      }
      return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace)
    },
    put(kind: Kind, object: KubeObject): void {
      const shelf = byKind.get(kind.kind) ?? new Map<string, KubeObject>()
      byKind.set(kind.kind, shelf.set(keyOf(kind, object), object))
      sorted.delete(kind.kind)
    },
    remove(kind: Kind, object: KubeObject): void {
      byKind.get(kind.kind)?.delete(keyOf(kind, object))
      sorted.delete(kind.kind)
    },
  }
}

/** A listener that writes must not make later listeners see its change before the one that it answers. */
function createAnnouncer() {
  const listeners = new Set<(change: StoreChange) => void>()
  const untold: StoreChange[] = []
  let telling = false
  return {
    tell(change: StoreChange): void {
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
    },
    subscribe(listener: (change: StoreChange) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
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
