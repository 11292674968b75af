import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
} from 'yaml'
import { readGates } from '../kinds/gates.ts'
import { routesText } from '../kinds/routes.ts'
import { readStepList } from '../kinds/steps.ts'
import { stickyText } from '../kinds/sticky.ts'
import type { Option } from '../options/option.ts'
import { findOption, options } from '../options/options.ts'
import { didYouMean } from '../suggest.ts'
import { ValueError } from '../yaml/value-error.ts'
import { invalidConfig, type Position, type RawValue } from './raw-value.ts'

/** Largest config file that is read, in characters. */
const sizeLimit = 262_144

/**
 * readConfig reads the text of a config file into what it gives, by option name. `file` is its path as the user
 * knows it. It throws Failure `invalid-config` at the first mistake, with file, line and column: broken YAML, tabs,
 * an unknown key (with the nearest known one), a key given twice, a value of the wrong shape.
 */
export function readConfig(file: string, text: string): Map<string, RawValue> {
  if (text.length > sizeLimit) {
    throw invalidConfig({ file, line: 1, column: 1 }, `is larger than ${sizeLimit} characters.`)
  }
  const lines = new LineCounter()
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = onlyDocument(text.replace(/^\uFEFF/, ''), lines, place)
  const given = new Map<string, RawValue>()
  if (document === null) return given
  const root = document.contents as Node | null
  if (root === null || (isScalar(root) && root.value === null)) return given
  if (!isMap(root))
    throw invalidConfig(place(start(root)), 'expected a map of options, e.g. "namespace: shop".')
  for (const pair of root.items) readPair(pair as Pair<Node, Node | null>, document, place, given)
  return given
}

type Place = (offset: number) => Position

function onlyDocument(text: string, lines: LineCounter, place: Place): Document | null {
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, strict: true })
  if (!Array.isArray(documents) || documents.length === 0) return null
  for (const document of documents as Document[]) {
    const error = document.errors[0]
    if (error) throw invalidConfig(place(error.pos[0]), yamlMistake(error.code, error.message))
  }
  const second = documents[1] as Document | undefined
  if (second) throw invalidConfig(place(second.range?.[0] ?? 0), 'holds more than one YAML document.')
  return documents[0] as Document
}

function yamlMistake(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is no indentation in YAML: use spaces.'
  if (code === 'DUPLICATE_KEY') return 'this key was given before.'
  const line = message.split('\n')[0] as string
  return `not valid YAML: ${line.charAt(0).toLowerCase()}${line.slice(1).replace(/[.:]$/, '')}.`
}

function readPair(
  pair: Pair<Node, Node | null>,
  document: Document,
  place: Place,
  given: Map<string, RawValue>,
): void {
  const at = place(start(pair.key))
  const name = isScalar(pair.key) ? String(pair.key.value) : null
  if (name === null) throw invalidConfig(at, 'a key must be the name of an option.')
  const names = options.filter((option) => option.places.includes('file')).map((option) => option.name)
  const option = findOption(name)
  if (option === null) {
    throw invalidConfig(at, `unknown key "${name.slice(0, 80)}".${didYouMean(name, names, quoted)}`)
  }
  if (!option.places.includes('file')) throw invalidConfig(at, notForFiles(option))
  const value = isAlias(pair.value) ? (pair.value.resolve(document) ?? null) : pair.value
  if (value === null || (isScalar(value) && value.value === null)) {
    throw invalidConfig(at, `${name}: has no value.`)
  }
  const position = place(start(pair.value))
  if (given.has(name)) throw invalidConfig(at, `${name}: steps give it as well: give one.`)
  if (name === 'steps' && isSeq(value)) {
    takeSteps(value, place, position, given)
    return
  }
  if (option.kind === 'routes' && !isScalar(value)) {
    const text = placed(name, place, () => routesText(value))
    given.set(name, { text, label: name, position })
    return
  }
  if (option.kind === 'sticky' && isMap(value)) {
    const text = placed(name, place, () => stickyText(value, start(value)))
    given.set(name, { text, label: name, position })
    return
  }
  const text = option.kind === 'gates' ? gatesText(value, document, place) : textOf(value, option)
  if (text === null) throw invalidConfig(position, `${name}: ${wantedShape(option)}.`)
  given.set(name, { text, label: name, position })
}

/** Steps of other kinds than shares stand for options of their own. */
function takeSteps(value: Node, place: Place, position: Position, given: Map<string, RawValue>): void {
  const texts = placed('steps', place, () => readStepList(value))
  if (texts === null) return
  given.set('steps', { text: texts.steps, label: 'steps', position })
  for (const name of ['preview', 'mirror', 'sticky'] as const) {
    const found = texts[name]
    if (found === null) continue
    const at = place(found.offset)
    if (given.has(name)) throw invalidConfig(at, `steps: ${name} is given on its own as well: give one.`)
    given.set(name, { text: found.text, label: `steps: ${name}`, position: at })
  }
}

function placed<T>(name: string, place: Place, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw invalidConfig(place(error.offset), `${name}: ${error.message.replace(/\.$/, '')}.`)
  }
}

function gatesText(value: Node, document: Document, place: Place): string {
  try {
    readGates(value, document)
    return JSON.stringify(value.toJS(document))
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw invalidConfig(place(error.offset), `gates: ${error.message.replace(/\.$/, '')}.`)
  }
}

function notForFiles(option: Option): string {
  const why = option.secret ? 'a secret does not belong into a file' : 'it has no place in the config file'
  return `${option.name}: ${why}; give it as an input or a flag.`
}

function wantedShape(option: Option): string {
  return option.kind === 'percent-list'
    ? 'expected a list of shares, e.g. [10, 50, 100]'
    : `expected one value, e.g. ${option.example}`
}

function textOf(value: Node, option: Option): string | null {
  if (isScalar(value)) return scalarText(value)
  if (isSeq(value) && option.kind === 'percent-list') {
    const parts = value.items.map((item) => (isScalar(item) ? scalarText(item) : null))
    return parts.every((part) => part !== null) ? parts.join(',') : null
  }
  return null
}

/** A plain scalar is taken as it was written: `version: 1.10` is no number here. */
function scalarText(scalar: Scalar): string {
  const plain = scalar.type === 'PLAIN' && typeof scalar.source === 'string'
  return (plain ? (scalar.source as string) : String(scalar.value)).trim()
}

function start(node: unknown): number {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0] ?? 0
}

function quoted(name: string): string {
  return `"${name}"`
}
