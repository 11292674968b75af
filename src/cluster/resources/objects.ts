import { Failure, isFailure } from '../../release/failure.ts'
import type {
  JsonObject,
  JsonPatchOperation,
  KubeObject,
  NamespaceObjects,
  ObjectKind,
  ObjectRef,
} from '../../release/kubernetes.ts'
import { findObject } from '../api/find-object.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { type ResourceLocation, toPath } from '../api/paths.ts'
import { kindLocation } from './object-kinds.ts'
import { sendWrite } from './write.ts'

/** ObjectClient reads and writes the objects around the pods of a release, whole and unread. */
export interface ObjectClient {
  /**
   * objects lists several kinds in one namespace. A list that is empty is read twice before it is believed. Throws
   * Failure only where there is no answer: a kind that may not be listed is named in `unreadable`.
   */
  objects(namespace: string, kinds: readonly ObjectKind[], signal: AbortSignal): Promise<NamespaceObjects>
  /** object reads one object; null where it doesn't exist. */
  object(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | null>
  /** createObject POSTs an object. Throws Failure: `already-exists`, `rejected` in the server's words, `forbidden`. */
  createObject(object: KubeObject, options: { dryRun: boolean }, signal: AbortSignal): Promise<KubeObject>
  /** patchObject sends a JSON Patch. Throws Failure: `conflict` where a test fails, `rejected`, `not-found`. */
  patchObject(
    ref: ObjectRef,
    patch: JsonPatchOperation[],
    options: { dryRun: boolean },
    signal: AbortSignal,
  ): Promise<KubeObject>
  /**
   * deleteObject deletes the object of this uid, and what it owns after it. Where it is gone, or another one has its
   * name, there is nothing to do.
   */
  deleteObject(ref: ObjectRef, uid: string, signal: AbortSignal): Promise<void>
}

/** Lists that are under way at a time. */
const concurrentLists = 8

/** createObjectClient makes the client of a cluster's workloads and what stands around them. */
export function createObjectClient(api: KubeApi): ObjectClient {
  const location = ({ kind, namespace }: ObjectRef, apiVersion?: string): ResourceLocation => {
    const { plural, apiVersions } = kindLocation(kind)
    return { apiVersion: apiVersion ?? apiVersions[0], plural, namespace }
  }
  const object = (ref: ObjectRef, signal: AbortSignal) => findObject(api, location(ref), ref.name, signal)
  return {
    objects: (namespace, kinds, signal) => listKinds(api, namespace, kinds, signal),
    object,
    async createObject(made, options, signal) {
      const { name, namespace = '' } = made.metadata
      const path = toPath(location({ kind: made.kind, namespace, name }, made.apiVersion))
      return (await sendWrite(api, 'POST', path, made, options, signal)).object
    },
    async patchObject(ref, patch, options, signal) {
      const path = toPath(location(ref), ref.name)
      return (await sendWrite(api, 'PATCH', path, patch, options, signal)).object
    },
    async deleteObject(ref, uid, signal) {
      const body = JSON.stringify({
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: 'Background',
      })
      try {
        await api.send({ method: 'DELETE', path: toPath(location(ref), ref.name), body }, signal)
      } catch (error) {
        if (!isFailure(error, 'not-found', 'conflict')) throw error
        // Gone, or another object of that name: proven by what is there now, not by the refusal.
        if ((await object(ref, signal))?.metadata.uid === uid) throw error
      }
    },
  }
}

/** What one kind's list came to. */
type Listed = { objects: KubeObject[] } | { kind: ObjectKind; why: string }

async function listKinds(
  api: KubeApi,
  namespace: string,
  kinds: readonly ObjectKind[],
  signal: AbortSignal,
): Promise<NamespaceObjects> {
  const queue = [...new Set(kinds)].map((kind, index) => ({ kind, index }))
  const found: Listed[] = []
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      found[next.index] = await listKind(api, namespace, next.kind, signal)
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: concurrentLists }, work))
  // All are waited for, so that no request is under way after the answer; then the first failure counts.
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
  return {
    objects: found.flatMap((each) => ('objects' in each ? each.objects : [])),
    unreadable: found.flatMap((each) => ('objects' in each ? [] : [each])),
  }
}

async function listKind(
  api: KubeApi,
  namespace: string,
  kind: ObjectKind,
  signal: AbortSignal,
): Promise<Listed> {
  const { plural, apiVersions } = kindLocation(kind)
  for (const apiVersion of apiVersions) {
    const path = toPath({ apiVersion, plural, namespace })
    try {
      const objects = await api.items(path, signal)
      return { objects: objects.length > 0 ? objects : await api.items(path, signal) }
    } catch (error) {
      if (isFailure(error, 'forbidden')) return { kind, why: error.message }
      if (!isFailure(error, 'kind-not-served', 'not-found')) throw error
      await confirmNotServed(api, apiVersion, plural, error, signal)
    }
  }
  return { objects: [] }
}

/** One 404 is not believed: what the group's version serves is asked as well. Throws Failure `bad-answer`. */
async function confirmNotServed(
  api: KubeApi,
  apiVersion: string,
  plural: string,
  cause: Failure,
  signal: AbortSignal,
): Promise<void> {
  const [group, version] = apiVersion.split('/')
  const path = version === undefined ? `/api/${group}` : `/apis/${group}/${version}`
  try {
    const { resources } = await api.read(path, signal)
    if (!(resources as JsonObject[] | undefined)?.some(({ name }) => name === plural)) return
  } catch (error) {
    if (isFailure(error, 'kind-not-served', 'not-found')) return
    throw error
  }
  throw new Failure(
    'bad-answer',
    `the API server serves ${plural} of ${apiVersion}, and answers their list with 404`,
    { cause },
  )
}
