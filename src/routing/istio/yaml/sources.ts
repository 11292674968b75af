import { type Document, isCollection, isMap, isNode, parseAllDocuments, visit } from 'yaml'
import type { KubeObject } from '../../../release/kubernetes.ts'
import { refText } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import type { SourceFile } from '../../route-files.ts'
import type { Scope } from '../model/pair.ts'
import { listAt, refOf } from '../model/rule.ts'

/** SourceDocument is one document of a file. */
interface SourceDocument {
  document: Document.Parsed
  /** As plain data; null where it can't be read. */
  value: unknown
}

/** SourceObject is a routing object and where it stands: in a document of its own, or inside of a list. */
export interface SourceObject {
  file: number
  document: number
  /** Where the object is in its document: `['items', '0']`; empty: it is the document. */
  path: string[]
  object: KubeObject
}

/** Mistakes of one file that are shown: more of them tell nobody more. */
const shownMistakes = 3

/** Kinds that hold other objects, and the field in which they do. `kubectl apply` and `oc process` treat them as those. */
const wrappers: Readonly<Record<string, string>> = {
  List: 'items',
  VirtualServiceList: 'items',
  DestinationRuleList: 'items',
  ResourceList: 'items',
  Template: 'objects',
}

/** isJsonFile tells a file that is JSON, and must stay it. */
export function isJsonFile({ name, text }: SourceFile): boolean {
  return name.toLowerCase().endsWith('.json') || (/^\s*[[{]/.test(text) && isJson(text))
}

/** isJson tells whether a text is strict JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** documentsOf parses a file's text. Anchors and merge keys count; what can't be read has errors. */
export function documentsOf(text: string): SourceDocument[] {
  const documents = parseAllDocuments(text, { merge: true, logLevel: 'silent' })
  return (Array.isArray(documents) ? documents : []).map((document) => ({
    document,
    value: plainValue(document),
  }))
}

/** Too many aliases throw: such a document is no routing object of anybody's. */
function plainValue(document: Document.Parsed): unknown {
  if (document.errors.length > 0) return null
  try {
    return document.toJS()
  } catch {
    return null
  }
}

/** objectsIn lists the routing objects of files, those inside of lists too; one without a namespace gets the scope's. */
export function objectsIn(files: readonly SourceFile[], scope: Scope): SourceObject[] {
  return files.flatMap(({ text }, file) =>
    documentsOf(text).flatMap(({ value }, document) =>
      unwrapped(value).flatMap(({ path, item }) => {
        const object = toRoutingObject(item, scope)
        return object === null ? [] : [{ file, document, path, object }]
      }),
    ),
  )
}

/** toRoutingObject takes plain data for a routing object; null: it is something else, or has no name. */
export function toRoutingObject(value: unknown, scope: Scope): KubeObject | null {
  if (!isRouting(value) || typeof nameIn(value) !== 'string') return null
  return { ...value, metadata: { namespace: scope.namespace, ...value.metadata } }
}

function isRouting(value: unknown): value is KubeObject {
  return (
    isObject(value) &&
    ['VirtualService', 'DestinationRule'].includes(String(value.kind)) &&
    String(value.apiVersion).startsWith('networking.istio.io/')
  )
}

function nameIn({ metadata }: KubeObject): unknown {
  return isObject(metadata) ? metadata.name : undefined
}

interface Place {
  path: string[]
  item: unknown
}

/** unwrapped lists what a document holds: itself, or what is in the list that it is. */
function unwrapped(value: unknown, path: string[] = []): Place[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => unwrapped(item, [...path, String(index)]))
  const field = isObject(value) ? wrappers[String(value.kind)] : undefined
  if (!isObject(value) || field === undefined) return [{ path, item: value }]
  return listAt(value, field).flatMap((item, index) => unwrapped(item, [...path, field, String(index)]))
}

/** sourceProblems says which files can't be read or edited, and why: at most a few lines a file. */
export function sourceProblems(files: readonly SourceFile[], scope: Scope): Problem[] {
  const unreadable = files.flatMap((file) => fileProblems(file))
  return unreadable.length > 0 ? unreadable : duplicates(files, scope)
}

function fileProblems(file: SourceFile): Problem[] {
  const { name, text } = file
  const documents = documentsOf(text)
  const broken = documents.filter(({ document }) => document.errors.length > 0)
  if ((broken.length > 0 && text.includes('{{')) || documents.some(hasTemplateMarks))
    return [
      problem(
        'SG-template',
        null,
        `${name} is a Helm or Go template, no YAML that a cluster takes.`,
        'Render it first (helm template … > routes.yaml) and give that file.',
      ),
    ]
  if (isJsonFile(file) && !isJson(text)) return [mistakeIn(name, 'is not valid JSON.')]
  const mistakes = broken.flatMap(({ document }) => syntaxMistake(name, document))
  if (mistakes.length > 0) return mistakes.slice(0, shownMistakes)
  return documents.flatMap(({ value }) => objectProblems(name, value))
}

function syntaxMistake(name: string, { errors }: Document.Parsed): Problem[] {
  const [error] = errors
  if (error === undefined) return []
  const [at] = error.linePos ?? []
  const where = at === undefined ? name : `${name}:${at.line}:${at.col}`
  return [mistakeIn(where, `is not valid YAML: ${error.message.split('\n')[0]?.replace(/[.:]$/, '')}.`)]
}

function mistakeIn(where: string, what: string): Problem {
  return problem('SG-yaml', null, `${where} ${what}`, 'Correct it and try again.')
}

/** `{{ … }}` that happens to be YAML is a map whose key is a map; in a routing object a text can hold it as well. */
function hasTemplateMarks({ document, value }: SourceDocument): boolean {
  let found = false
  visit(document, {
    Pair(_, pair) {
      if (isMap(pair.key) || (isNode(pair.key) && isCollection(pair.key))) found = true
    },
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && scalar.value.includes('{{') && holdsRouting(value)) found = true
    },
  })
  return found
}

function holdsRouting(value: unknown): boolean {
  return unwrapped(value).some(({ item }) => isRouting(item))
}

/** hiddenIn finds a routing object inside of another object, where no tool that is known here looks for one. */
function hiddenIn(value: unknown, depth = 0): KubeObject | null {
  if (typeof value !== 'object' || value === null || depth > 20) return null
  for (const child of Object.values(value)) {
    const found = isRouting(child) ? child : hiddenIn(child, depth + 1)
    if (found !== null) return found
  }
  return null
}

function wrapped(name: string, holder: unknown, hidden: KubeObject): Problem {
  const kind = isObject(holder) && typeof holder.kind === 'string' ? holder.kind : 'document'
  return problem(
    'SG-wrapped',
    null,
    `${name} holds ${hidden.kind} ${nameIn(hidden) ?? ''} inside of a ${kind}, where it can’t be edited.`,
    'Give the file that it is made from, or take it out into a document of its own.',
  )
}

function objectProblems(name: string, value: unknown): Problem[] {
  const parameterised = isObject(value) && value.kind === 'Template'
  return unwrapped(value).flatMap(({ item }) => {
    const hidden = isRouting(item) ? null : hiddenIn(item)
    if (hidden !== null) return [wrapped(name, item, hidden)]
    if (!isRouting(item)) return []
    if (typeof nameIn(item) !== 'string') return [mistakeIn(name, `holds a ${item.kind} without a name.`)]
    if (!parameterised || !/\$\{+\w+\}+/.test(JSON.stringify(item))) return []
    return [
      problem(
        'SG-template',
        refText(refOf(item)),
        `In ${name} it is part of a Template, and its values are parameters that only “oc process” fills in.`,
        'Render it first (oc process … -o yaml > routes.yaml) and give that file.',
      ),
    ]
  })
}

function duplicates(files: readonly SourceFile[], scope: Scope): Problem[] {
  const places = new Map<string, string[]>()
  for (const { file, object } of objectsIn(files, scope)) {
    const name = refText(refOf(object))
    places.set(name, [...(places.get(name) ?? []), files[file]?.name ?? ''])
  }
  return [...places]
    .filter(([, names]) => names.length > 1)
    .map(([name, names]) =>
      problem(
        'SG-yaml',
        name,
        `It is written more than once (${[...new Set(names)].join(', ')}).`,
        'Give only the files of one environment.',
      ),
    )
}
