import {
  type Json,
  type JsonPatchOperation,
  type KubeObject,
  type ObjectRef,
  refText,
  type Write,
} from '../../../release/kubernetes.ts'
import { applyPatch, pointer } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { refOf } from '../model/rule.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import type { AnnotationChanges } from './plan.ts'
import type { RouteEdit } from './route-edit.ts'

/** annotationEdit sets (text) or removes (null) annotations; those that already hold are left out. */
function annotationEdit(object: KubeObject, changes: Readonly<Record<string, string | null>>): RouteEdit {
  const now = object.metadata.annotations
  const edits = Object.entries(changes).map(([key, value]) => {
    const old = now !== undefined && Object.hasOwn(now, key) ? (now[key] ?? null) : null
    return annotationChange(pointer('metadata', 'annotations', key), old, value)
  })
  const edit = { tests: edits.flatMap(({ tests }) => tests), changes: edits.flatMap((each) => each.changes) }
  const sets = edit.changes.some(({ op }) => op === 'add')
  if (sets && (now === undefined || now === null))
    edit.changes.unshift({ op: 'add', path: '/metadata/annotations', value: {} })
  return edit
}

function annotationChange(path: string, old: string | null, value: string | null): RouteEdit {
  if (old === value) return { tests: [], changes: [] }
  const tests: RouteEdit['tests'] = old === null ? [] : [{ op: 'test', path, value: old }]
  if (value === null) return { tests, changes: [{ op: 'remove', path }] }
  return { tests, changes: [{ op: old === null ? 'add' : 'replace', path, value }] }
}

/**
 * patchWrite joins edits of one object to one write, bound to the resourceVersion that they were planned on.
 * null where nothing changes.
 */
export function patchWrite(object: KubeObject, edits: readonly RouteEdit[], summary: string): Write | null {
  const changes = edits.flatMap((edit) => edit.changes)
  if (changes.length === 0) return null
  const version = object.metadata.resourceVersion
  const bound: JsonPatchOperation[] =
    version === undefined ? [] : [{ op: 'replace', path: '/metadata/resourceVersion', value: version }]
  const patch = [...bound, ...edits.flatMap((edit) => edit.tests), ...changes]
  return { action: 'patch', ref: refOf(object), patch, result: applyPatch(object, patch), summary }
}

/** createWrite makes a new object, with the annotations that are meant for it. */
export function createWrite(
  snapshot: RoutingSnapshot,
  ref: ObjectRef,
  spec: Record<string, Json>,
  annotations: AnnotationChanges,
  summary: string,
): Write {
  const wanted = Object.entries(annotations[refText(ref)] ?? {}).filter(
    (pair): pair is [string, string] => pair[1] !== null,
  )
  const object: KubeObject = {
    apiVersion: `networking.istio.io/${snapshot.apiVersion.replace(/^networking\.istio\.io\//, '')}`,
    kind: ref.kind,
    metadata: {
      name: ref.name,
      namespace: ref.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'shiftgate' },
      ...(wanted.length === 0 ? {} : { annotations: Object.fromEntries(wanted) }),
    },
    spec,
  }
  return { action: 'create', ref, object, summary }
}

/** objectsOf lists the snapshot's objects by `refText`. */
function objectsOf(snapshot: RoutingSnapshot): Map<string, KubeObject> {
  const all = [...snapshot.virtualServices, ...snapshot.destinationRules]
  return new Map(all.map((object) => [refText(refOf(object)), object]))
}

/** Edits gathers the edits of several objects, in the order in which objects first appear. */
export type Edits = Map<string, { object: KubeObject; edits: RouteEdit[]; words: string[] }>

/** addEdit adds an edit of an object. */
export function addEdit(edits: Edits, object: KubeObject, edit: RouteEdit, word: string | null): void {
  const key = refText(refOf(object))
  const entry = edits.get(key) ?? { object, edits: [], words: [] }
  entry.edits.push(edit)
  if (word !== null && !entry.words.includes(word)) entry.words.push(word)
  edits.set(key, entry)
}

/**
 * addAnnotationEdits adds annotation changes to gathered edits. Objects that don't exist are named, except those in
 * `created`.
 */
export function addAnnotationEdits(
  snapshot: RoutingSnapshot,
  edits: Edits,
  annotations: AnnotationChanges,
  created: readonly string[] = [],
): Problem[] {
  const objects = objectsOf(snapshot)
  const problems: Problem[] = []
  for (const [key, changes] of Object.entries(annotations)) {
    if (created.includes(key)) continue
    const object = objects.get(key)
    if (object !== undefined) addEdit(edits, object, annotationEdit(object, changes), null)
    else if (Object.values(changes).some((value) => value !== null))
      problems.push(
        problem(
          'SG-object-gone',
          key,
          'It no longer exists, so nothing can be noted on it.',
          'Look at who removed it.',
        ),
      )
  }
  return problems
}

/** toWrites turns gathered edits into writes, the object `last` at the end. */
export function toWrites(edits: Edits, last: ObjectRef | null): Write[] {
  const key = last === null ? '' : refText(last)
  const ordered = [...edits].sort(([left], [right]) => Number(left === key) - Number(right === key))
  return ordered.flatMap(([, { object, edits: parts, words }]) => {
    const write = patchWrite(object, parts, words.join('; ') || 'annotations')
    return write === null ? [] : [write]
  })
}

/**
 * mergeEdits joins writes with edits that were planned on what those leave behind: still one patch an object, the
 * object `last` at the end.
 */
export function mergeEdits(writes: readonly Write[], edits: Edits, last: ObjectRef | null): Write[] {
  const key = last === null ? '' : refText(last)
  const more = new Map(toWrites(edits, null).map((write) => [refText(write.ref), write]))
  const joined = writes.map((write) => {
    const next = more.get(refText(write.ref))
    more.delete(refText(write.ref))
    return next === undefined ? write : together(write, next)
  })
  return [...joined, ...more.values()].sort(
    (left, right) => Number(refText(left.ref) === key) - Number(refText(right.ref) === key),
  )
}

function together(first: Write, then: Write): Write {
  if (first.action !== 'patch' || then.action !== 'patch') return first
  const [bound] = then.patch
  const rest = bound?.path === '/metadata/resourceVersion' ? then.patch.slice(1) : then.patch
  const words = [...new Set([...first.summary.split('; '), ...then.summary.split('; ')])]
  const summary = words.filter((word) => word !== 'annotations').join('; ')
  return { ...first, patch: [...first.patch, ...rest], result: then.result, summary }
}
