import { Failure } from '../../../src/release/failure.ts'
import type { JsonPatchOperation, KubeObject, ObjectRef, Write } from '../../../src/release/kubernetes.ts'
import { applyPatch } from '../../../src/routing/json-patch.ts'

/** createStore keeps objects as an API server does: uids, versions, generations, conflicts. */
export function createStore(onChange: () => void) {
  let count = 0
  const objects = new Map<string, KubeObject>()
  const keyOf = ({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>) => `${kind} ${name}`
  const refOf = ({ kind, metadata }: KubeObject) => ({ kind, name: metadata.name })
  const put = (object: KubeObject): KubeObject => {
    count += 1
    const key = keyOf(refOf(object))
    const before = objects.get(key)
    const changed = JSON.stringify(before?.spec) !== JSON.stringify(object.spec)
    const { metadata } = object
    const stored = {
      ...structuredClone(object),
      metadata: {
        ...structuredClone(metadata),
        uid: before?.metadata.uid ?? `uid-${count}`,
        resourceVersion: String(count),
        generation: (before?.metadata.generation ?? 0) + (changed ? 1 : 0),
        creationTimestamp: before?.metadata.creationTimestamp ?? '2026-01-01T00:00:00Z',
      },
    }
    objects.set(key, stored)
    onChange()
    return stored
  }
  const create = (object: KubeObject, dryRun: boolean): KubeObject => {
    if (objects.has(keyOf(refOf(object)))) throw new Failure('already-exists', 'It exists.')
    return dryRun ? object : put(object)
  }
  const patched = (ref: ObjectRef, patch: JsonPatchOperation[]): KubeObject => {
    const current = objects.get(keyOf(ref))
    if (current === undefined) throw new Failure('not-found', 'It is gone.')
    const result = applyPatch(current, patch)
    if (result.metadata.resourceVersion === current.metadata.resourceVersion) return result
    throw new Failure('conflict', 'It has been changed.')
  }
  return {
    put,
    /** What is stored is never changed: a write puts another object in its place. */
    all: (): readonly KubeObject[] => [...objects.values()],
    get: (kind: string, name: string): KubeObject | null => objects.get(keyOf({ kind, name })) ?? null,
    create,
    patch(ref: ObjectRef, patch: JsonPatchOperation[], dryRun: boolean): KubeObject {
      const result = patched(ref, patch)
      return dryRun ? result : put(result)
    },
    write(write: Write, dryRun: boolean): void {
      if (write.action === 'create') create(write.object, dryRun)
      else {
        const result = patched(write.ref, write.patch)
        if (!dryRun) put(result)
      }
    },
    replace(object: KubeObject, dryRun: boolean): void {
      if (objects.get(keyOf(refOf(object)))?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new Failure('conflict', 'It has been changed.')
      if (!dryRun) put(object)
    },
    remove(ref: ObjectRef, uid: string): void {
      if (objects.get(keyOf(ref))?.metadata.uid !== uid) return
      objects.delete(keyOf(ref))
      onChange()
    },
  }
}

export type Store = ReturnType<typeof createStore>
