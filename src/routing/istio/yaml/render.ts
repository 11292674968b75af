import { type Document, parseAllDocuments, stringify } from 'yaml'
import type { Json, KubeObject, RoutingSnapshot, Write } from '../../../release/kubernetes.ts'
import { refText } from '../../../release/kubernetes.ts'
import { isObject, sameJson } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { applyWrites } from '../model/apply-writes.ts'
import type { Pair, Scope } from '../model/pair.ts'
import { refOf } from '../model/rule.ts'
import { planPin } from '../plan/pin.ts'
import type { Plan } from '../plan/plan.ts'
import { planShift } from '../plan/shift.ts'
import { planSubsets } from '../plan/subsets.ts'
import { applySplices, splices } from './edit.ts'

/** SourceFile is a YAML file, of one or more documents. */
export interface SourceFile {
  name: string
  text: string
}

/** RenderResult is what the files become: edited in place, and new objects as files of their own. */
export type RenderResult =
  | { ok: true; files: (SourceFile & { changed: boolean })[]; created: SourceFile[]; warnings: Problem[] }
  | { ok: false; problems: Problem[] }

/** RenderOptions is what the routes shall say. */
export interface RenderOptions {
  pair: Pair
  /** The canary's share of the pair's traffic, in percent. */
  percent: number
  /** Subsets of earlier releases: their destinations at 0 make room for the canary. */
  ours?: readonly string[]
  /** apiVersion of new objects. */
  apiVersion?: string
}

/**
 * renderYaml does to files what a release does to a cluster: subsets, pin, shift. Outside of what changes, every
 * byte stays: comments, order, quotes, line ends, other documents. Refused, with nothing changed, where the
 * edited text would not read as exactly the planned objects (an anchor that others use too, for instance).
 */
export function renderYaml(sources: readonly SourceFile[], options: RenderOptions): RenderResult {
  const unreadable = sources.flatMap(parseProblems)
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const { pair, percent } = options
  let files = sources.map(({ name, text }) => ({ name, text }))
  const twice = duplicates(files, pair)
  if (twice.length > 0) return { ok: false, problems: twice }
  const plans: ((snapshot: RoutingSnapshot) => Plan)[] = [
    (snapshot) => planSubsets(snapshot, pair),
    (snapshot) => planPin(snapshot, pair, {}, { ours: options.ours ?? [] }),
    ...(percent > 0 ? [(snapshot: RoutingSnapshot) => planShift(snapshot, pair, percent)] : []),
  ]
  let snapshot = snapshotOf(files, options)
  const warnings: Problem[] = []
  for (const plan of plans) {
    const planned = plan(snapshot)
    if (!planned.ok) return { ok: false, problems: planned.problems }
    warnings.push(...planned.warnings.filter((found) => !warnings.some((known) => sameProblem(known, found))))
    for (const write of planned.writes) {
      const edited = write.action === 'create' ? files : editFiles(files, write, pair)
      if (!Array.isArray(edited)) return { ok: false, problems: [edited] }
      files = edited
    }
    snapshot = applyWrites(snapshot, planned.writes)
  }
  return {
    ok: true,
    files: files.map((file, index) => ({ ...file, changed: file.text !== sources[index]?.text })),
    created: newFiles(snapshot, files, pair),
    warnings,
  }
}

function sameProblem(left: Problem, right: Problem): boolean {
  return left.code === right.code && left.object === right.object && left.text === right.text
}

function documentsOf(text: string): Document.Parsed[] {
  const documents = parseAllDocuments(text, { merge: true })
  return Array.isArray(documents) ? documents : []
}

function parseProblems({ name, text }: SourceFile): Problem[] {
  return documentsOf(text).flatMap((document) =>
    document.errors.map((error) => {
      const [at] = error.linePos ?? []
      const where = at === undefined ? name : `${name}:${at.line}:${at.col}`
      return problem(
        'SG-yaml',
        null,
        `${where} is not valid YAML: ${error.message.split('\n')[0]}`,
        'Correct it and try again.',
      )
    }),
  )
}

/** objectOf reads a document as a routing object; one without a namespace is meant for the target's. */
function objectOf(document: Document.Parsed, pair: Scope): KubeObject | null {
  const value: unknown = document.toJS()
  if (!isObject(value) || !isObject(value.metadata) || typeof value.metadata.name !== 'string') return null
  if (!['VirtualService', 'DestinationRule'].includes(String(value.kind))) return null
  if (!String(value.apiVersion).startsWith('networking.istio.io/')) return null
  const metadata = { namespace: pair.namespace, ...value.metadata }
  return { ...value, metadata } as unknown as KubeObject
}

function objectsIn(files: readonly SourceFile[], pair: Scope): KubeObject[] {
  return files.flatMap(({ text }) =>
    documentsOf(text).flatMap((document) => {
      if (document.errors.length > 0) return []
      const object = objectOf(document, pair)
      return object === null ? [] : [object]
    }),
  )
}

function duplicates(files: readonly SourceFile[], pair: Pair): Problem[] {
  const names = objectsIn(files, pair).map((object) => refText(refOf(object)))
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))].map((name) =>
    problem('SG-yaml', name, 'It is written more than once.', 'Give only the files of one environment.'),
  )
}

/** sourceSnapshot reads the routing objects in files; those without a namespace are meant for the scope's. */
export function sourceSnapshot(files: readonly SourceFile[], scope: Scope): RoutingSnapshot {
  const objects = objectsIn(files, scope)
  return {
    apiVersion: objects[0]?.apiVersion.split('/')[1] ?? 'v1',
    virtualServices: objects.filter(({ kind }) => kind === 'VirtualService'),
    destinationRules: objects.filter(({ kind }) => kind === 'DestinationRule'),
    unreadable: [],
  }
}

function snapshotOf(files: readonly SourceFile[], { pair, apiVersion }: RenderOptions): RoutingSnapshot {
  const found = sourceSnapshot(files, pair)
  return apiVersion === undefined ? found : { ...found, apiVersion }
}

function newFiles(snapshot: RoutingSnapshot, files: readonly SourceFile[], pair: Pair): SourceFile[] {
  const known = new Set(objectsIn(files, pair).map((object) => refText(refOf(object))))
  return [...snapshot.destinationRules, ...snapshot.virtualServices]
    .filter((object) => !known.has(refText(refOf(object))))
    .map((object) => ({
      name: `${object.metadata.name}.${object.kind.toLowerCase()}.yaml`,
      text: stringify(object, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false }),
    }))
}

/** An object that is made here (not in the files) is changed in the snapshot only. */
function editFiles(files: SourceFile[], write: Write, pair: Pair): SourceFile[] | Problem {
  if (write.action === 'create') return files
  const name = refText(write.ref)
  for (const [index, file] of files.entries()) {
    const documents = documentsOf(file.text)
    const document = documents.find((each) => {
      const object = objectOf(each, pair)
      return object !== null && refText(refOf(object)) === name
    })
    if (document === undefined) continue
    const changes = splices(file.text, document, write.patch)
    const text = changes === null ? null : applySplices(file.text, changes)
    if (text === null || !readsAs(text, documents, name, write.result, pair)) return notEditable(file, name)
    return files.map((other, at) => (at === index ? { ...file, text } : other))
  }
  return files
}

/** readsAs proves an edited text: the object is the planned one, every other document what it was. */
function readsAs(
  text: string,
  before: readonly Document.Parsed[],
  name: string,
  result: KubeObject,
  pair: Pair,
): boolean {
  const now = documentsOf(text)
  return (
    now.length === before.length &&
    now.every((document, index) => {
      if (document.errors.length > 0) return false
      const object = objectOf(document, pair)
      if (object !== null && refText(refOf(object)) === name) return sameJson(object, result)
      return sameJson(document.toJS() as Json, before[index]?.toJS() as Json)
    })
  )
}

function notEditable(file: SourceFile, name: string): Problem {
  return problem(
    'SG-yaml-not-editable',
    name,
    `What it says in ${file.name} can’t be changed without changing something else: an anchor or merge key shares those lines with other places.`,
    'Write the destinations of each route out.',
  )
}
