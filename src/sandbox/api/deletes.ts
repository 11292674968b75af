import type { KubeObject } from '../../release/kubernetes.ts'
import { type Kind, kindNamed } from '../cluster/kinds.ts'
import type { Store } from '../cluster/store.ts'
import { systemWriter } from '../cluster/store.ts'
import { stampOf } from '../cluster/values.ts'
import { terminating } from '../workloads/pods/kubelet.ts'
import { badRequest, conflict, notFound } from './answers.ts'

/** DeleteCall is a deletion that has been authorized. */
interface DeleteCall {
  kind: Kind
  namespace: string
  name: string
  body: unknown
  dryRun: boolean
}

interface DeleteOptions {
  preconditions?: { uid?: string; resourceVersion?: string }
  propagationPolicy?: string
  gracePeriodSeconds?: number
}

const finalizers: Record<string, string> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }

/**
 * deleteObject answers a DELETE: the object, and whether it is gone. A pod that runs ends in its grace period, what has
 * finalizers waits for them. `now` in ms.
 */
export function deleteObject(
  store: Store,
  call: DeleteCall,
  now: number,
): { object: KubeObject; gone: boolean } {
  const before = store.get(call.kind.kind, call.namespace, call.name)
  if (before === null) throw notFound(call.kind, call.name)
  const options = (call.body ?? {}) as DeleteOptions
  checkPreconditions(call, before, options)
  const added = finalizers[policyOf(call.kind, options)]
  const waits = [...(before.metadata.finalizers ?? []), ...(added === undefined ? [] : [added])]
  const seconds = options.gracePeriodSeconds ?? null
  const graceful = call.kind.kind === 'Pod' && before.spec?.nodeName !== undefined && seconds !== 0
  if (!graceful && waits.length === 0) {
    if (!call.dryRun) store.remove(call.kind, before)
    return { object: before, gone: true }
  }
  const ending = graceful ? terminating(before, seconds, now) : marked(before, waits, now)
  if (call.dryRun) return { object: ending, gone: false }
  return { object: store.update(call.kind, before, ending, systemWriter), gone: false }
}

function policyOf({ kind }: Kind, { propagationPolicy }: DeleteOptions): string {
  const known = ['Background', 'Foreground', 'Orphan']
  if (propagationPolicy === undefined) return kind === 'Job' ? 'Orphan' : 'Background'
  if (known.includes(propagationPolicy)) return propagationPolicy
  throw badRequest(
    `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: ${JSON.stringify(propagationPolicy)}: supported values: "Background", "Foreground", "Orphan"`,
  )
}

function marked(object: KubeObject, waits: string[], now: number): KubeObject {
  const deletionTimestamp = object.metadata.deletionTimestamp ?? stampOf(now)
  const metadata = {
    ...object.metadata,
    deletionTimestamp,
    deletionGracePeriodSeconds: 0,
    finalizers: [...new Set(waits)],
  }
  return { ...object, metadata }
}

function checkPreconditions(
  call: DeleteCall,
  before: KubeObject,
  { preconditions: wanted }: DeleteOptions,
): void {
  const { uid, resourceVersion } = before.metadata
  if (wanted?.uid !== undefined && wanted.uid !== uid) {
    throw conflict(
      call.kind,
      call.name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    )
  }
  if (wanted?.resourceVersion !== undefined && wanted.resourceVersion !== resourceVersion) {
    throw conflict(
      call.kind,
      call.name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    )
  }
}

/** removeFinished removes an object that is being deleted, once nothing holds it any more. */
export function removeFinished(store: Store, kind: Kind, object: KubeObject): void {
  const { deletionTimestamp, finalizers: left = [] } = object.metadata
  if (deletionTimestamp === undefined || left.length > 0 || kind.kind === 'Pod') return
  store.remove(kindNamed(object.kind), object)
}
