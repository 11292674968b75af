import type { KubeObject } from '../../release/kubernetes.ts'
import { kindNamed, kinds } from '../cluster/kinds.ts'
import { type Store, systemWriter } from '../cluster/store.ts'
import { terminating } from './pods/kubelet.ts'

type Owner = NonNullable<KubeObject['metadata']['ownerReferences']>[number]

/** Finalizers by which a deletion waits for what it owns, or lets it go. */
const foreground = 'foregroundDeletion'
const orphan = 'orphan'

/**
 * collectGarbage deletes what lost its last owner, in the way that a deletion asks for (`Background`, `Foreground`,
 * `Orphan`); the returned function ends it. `now` in ms.
 */
export function collectGarbage(store: Store, now: () => number): () => void {
  const remove = (object: KubeObject): void => {
    if (object.kind !== 'Pod') {
      store.remove(kindNamed(object.kind), object)
      return
    }
    if (object.metadata.deletionTimestamp !== undefined) return
    store.update(kindNamed('Pod'), object, terminating(object, null, now()), systemWriter)
  }
  const release = (object: KubeObject, uids: ReadonlySet<string>): void => {
    const ownerReferences = owners(object).filter(({ uid }) => !uids.has(uid ?? ''))
    const metadata = { ...object.metadata, ownerReferences }
    store.update(kindNamed(object.kind), object, { ...object, metadata }, systemWriter)
  }
  /** judge deletes an object none of whose owners is there, and strikes out those that aren't. */
  const judge = (object: KubeObject): void => {
    const known = owners(object).filter(({ kind, uid }) => uid !== undefined && isKnown(kind))
    const gone = known.filter((owner) => !isThere(store, object, owner))
    if (gone.length === 0) return
    if (gone.length === owners(object).length) remove(object)
    else release(object, new Set(gone.map(({ uid }) => uid ?? '')))
  }
  const finish = (object: KubeObject): void => {
    const { uid = '', finalizers = [] } = object.metadata
    if (finalizers.includes(orphan)) {
      for (const dependent of dependentsOf(store, uid)) release(dependent, new Set([uid]))
      store.remove(kindNamed(object.kind), object)
    } else if (finalizers.includes(foreground)) {
      const dependents = dependentsOf(store, uid)
      for (const dependent of dependents) remove(dependent)
      if (dependentsOf(store, uid).length === 0) store.remove(kindNamed(object.kind), object)
    }
  }
  return store.subscribe(({ type, object }) => {
    const present = store.get(object.kind, object.metadata.namespace ?? '', object.metadata.name)
    if (type === 'deleted') {
      for (const dependent of dependentsOf(store, object.metadata.uid ?? '')) judge(dependent)
      for (const owner of owners(object)) {
        const waiting = store.get(owner.kind, object.metadata.namespace ?? '', owner.name)
        if (waiting?.metadata.deletionTimestamp !== undefined) finish(waiting)
      }
    } else if (present?.metadata.uid === object.metadata.uid && present !== null) {
      if (present.metadata.deletionTimestamp === undefined) judge(present)
      else finish(present)
    }
  })
}

function owners(object: KubeObject): readonly Owner[] {
  return object.metadata.ownerReferences ?? []
}

function isKnown(kind: string): boolean {
  return kinds.some((one) => one.kind === kind)
}

function isThere(store: Store, { metadata }: KubeObject, { kind, name, uid }: Owner): boolean {
  const namespace = kindNamed(kind).namespaced ? (metadata.namespace ?? '') : ''
  return store.get(kind, namespace, name)?.metadata.uid === uid
}

function dependentsOf(store: Store, uid: string): KubeObject[] {
  return kinds.flatMap(({ kind }) =>
    store.list(kind).filter((object) => owners(object).some((owner) => owner.uid === uid)),
  )
}
