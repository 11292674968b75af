import { type JsonPatchOperation, type ObjectRef, refText } from '../../release/kubernetes.ts'
import type { Session } from '../session.ts'

/** ObjectWrite is one change of an object beside the routes. */
interface ObjectWrite {
  action: 'create' | 'patch' | 'delete'
  ref: ObjectRef
  /** What it is about, in a few words. */
  summary: string
  patch?: JsonPatchOperation[]
}

/** recordWrite puts a change of an object beside the routes into the record. */
export function recordWrite(session: Session, { action, ref, summary, patch }: ObjectWrite): void {
  session.record({
    type: 'write',
    object: refText(ref),
    action,
    summary,
    patch: patch ?? null,
    warnings: [],
    state: null,
  })
}
