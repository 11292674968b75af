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
  const objects: Objects = { store, now }
  return store.subscribe(({ type, object }) => {
    if (type === 'deleted') mourn(objects, object)
    else follow(objects, object)
  })
}

interface Objects {
  store: Store
  now: () => number
}

/** mourn looks at what a deleted object owned, and at its owners, whose deletion may have waited for it. */
function mourn(objects: Objects, object: KubeObject): void {
  const { store } = objects
  for (const dependent of dependentsOf(store, object.metadata.uid ?? '')) judge(objects, dependent)
  for (const owner of owners(object)) {
    const waiting = store.get(owner.kind, object.metadata.namespace ?? '', owner.name)
    if (waiting?.metadata.deletionTimestamp !== undefined) finish(objects, waiting)
  }
}

/** follow looks at an object that was made or changed, as it is by now. */
function follow(objects: Objects, object: KubeObject): void {
  const present = objects.store.get(object.kind, object.metadata.namespace ?? '', object.metadata.name)
  if (present === null || present.metadata.uid !== object.metadata.uid) return
  if (present.metadata.deletionTimestamp === undefined) judge(objects, present)
  else finish(objects, present)
}

/** judge deletes an object none of whose owners is there, and strikes out those that aren't. */
function judge(objects: Objects, object: KubeObject): void {
  const known = owners(object).filter(({ kind, uid }) => uid !== undefined && isKnown(kind))
  const gone = known.filter((owner) => !isThere(objects.store, object, owner))
  if (gone.length === 0) return
  if (gone.length === owners(object).length) remove(objects, object)
  else release(objects, object, new Set(gone.map(({ uid }) => uid ?? '')))
}

function finish(objects: Objects, object: KubeObject): void {
  const { store } = objects
  const { uid = '', finalizers = [] } = object.metadata
  const dependents = dependentsOf(store, uid)
  if (finalizers.includes(orphan)) {
    for (const dependent of dependents) release(objects, dependent, new Set([uid]))
    store.remove(kindNamed(object.kind), object)
  } else if (finalizers.includes(foreground)) {
    for (const dependent of dependents) remove(objects, dependent)
    if (dependentsOf(store, uid).length === 0) store.remove(kindNamed(object.kind), object)
  }
}

function remove({ store, now }: Objects, object: KubeObject): void {
  if (object.kind !== 'Pod') {
    store.remove(kindNamed(object.kind), object)
    return
  }
  if (object.metadata.deletionTimestamp !== undefined) return
  store.update(kindNamed('Pod'), object, terminating(object, null, now()), systemWriter)
}

function release({ store }: Objects, object: KubeObject, uids: ReadonlySet<string>): void {
  const ownerReferences = owners(object).filter(({ uid }) => !uids.has(uid ?? ''))
  const metadata = { ...object.metadata, ownerReferences }
  store.update(kindNamed(object.kind), object, { ...object, metadata }, systemWriter)
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
