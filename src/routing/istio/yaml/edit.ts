import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Json, JsonPatchOperation } from '../../../release/kubernetes.ts'
import { tokensOf } from '../../json-patch.ts'
import { blockLines, flowText, scalarText } from './text.ts'

/** Splice replaces a stretch of text; `start = end` inserts. */
interface Splice {
  start: number
  end: number
  text: string
}

/** SourcePlace says where in a document the patched object stands, and whether the file is JSON and stays it. */
interface SourcePlace {
  /** `['items', '0']`; empty: the object is the document. */
  path: readonly string[]
  json: boolean
}

/** splices turns the changes of a patch into stretches of the text that a document was parsed from; null: it can't. */
export function splices(
  text: string,
  document: Document,
  operations: readonly JsonPatchOperation[],
  place: SourcePlace = { path: [], json: false },
): Splice[] | null {
  const found: Splice[] = []
  for (const operation of operations) {
    if (operation.op === 'test' || operation.path === '/metadata/resourceVersion') continue
    const splice = spliceFor(text, document, operation, place)
    if (splice === null) return null
    // What is written once and used by aliases comes up once for each use.
    if (!splice.viaAlias || !found.some((other) => same(other, splice))) found.push(splice)
  }
  return found
}

/** applySplices applies splices to a text; those at one place keep their order. */
export function applySplices(text: string, changes: readonly Splice[]): string {
  const ordered = changes.map((splice, order) => ({ ...splice, order }))
  ordered.sort((left, right) => left.start - right.start || left.order - right.order)
  const parts: string[] = []
  let position = 0
  for (const { start, end, text: part } of ordered) {
    parts.push(text.slice(position, start), part)
    position = end
  }
  return [...parts, text.slice(position)].join('')
}

function same(left: Splice, right: Splice): boolean {
  return left.start === right.start && left.end === right.end && left.text === right.text
}

interface Place {
  node: Node | null
  viaAlias: boolean
}

function spliceFor(
  text: string,
  document: Document,
  operation: JsonPatchOperation,
  { path, json }: SourcePlace,
): (Splice & { viaAlias: boolean }) | null {
  if (operation.op === 'test') return null
  const tokens = [...path, ...tokensOf(operation.path)]
  const key = tokens.pop() ?? ''
  const parent = find(document, tokens)
  if (!isMap(parent.node) && !isSeq(parent.node)) return null
  if (operation.op === 'remove') {
    const removed = isSeq(parent.node) ? outOfList(text, parent.node, Number(key)) : null
    return removed === null ? null : { ...removed, viaAlias: parent.viaAlias }
  }
  if (operation.op === 'replace') {
    const target = step(document, parent, key)
    return target.node === null ? null : replacing(target, operation.value, json)
  }
  const inserted = insertion(text, parent.node, key, operation.value, json)
  return inserted === null ? null : { ...inserted, viaAlias: parent.viaAlias }
}

function insertion(
  text: string,
  parent: YAMLMap | YAMLSeq,
  key: string,
  value: Json,
  json: boolean,
): Splice | null {
  if (isMap(parent)) return intoMap(text, parent, key, value, json)
  return key === '-' ? intoList(text, parent, value, json) : null
}

function replacing(
  { node, viaAlias }: Place,
  value: Json,
  json: boolean,
): (Splice & { viaAlias: boolean }) | null {
  const range = node?.range
  if (!isScalar(node) || !range || typeof value === 'object') return null
  return { start: range[0], end: range[1], text: json ? JSON.stringify(value) : scalarText(value), viaAlias }
}

function find(document: Document, tokens: readonly string[]): Place {
  let place: Place = { node: isNode(document.contents) ? document.contents : null, viaAlias: false }
  for (const token of tokens) place = step(document, place, token)
  return place
}

function step(document: Document, { node, viaAlias }: Place, token: string): Place {
  const child = isMap(node) || isSeq(node) ? node.get(isSeq(node) ? Number(token) : token, true) : undefined
  if (isAlias(child)) return { node: child.resolve(document) ?? null, viaAlias: true }
  return { node: isNode(child) ? child : null, viaAlias }
}

function intoMap(text: string, map: YAMLMap, key: string, value: Json, json: boolean): Splice | null {
  const last = map.items.at(-1)
  if (map.flow || last === undefined) {
    const name = json ? JSON.stringify(key) : scalarText(key)
    return intoFlow(text, map, (style) => `${name}: ${flowPart(value, json, style)}`)
  }
  const first = map.items[0]?.key
  if (!isNode(first) || !first.range) return null
  const indent = columnOf(text, first.range[0])
  const lines = blockLines(value)
  const nested = typeof value === 'object' && value !== null
  const body = nested
    ? [`${scalarText(key)}:`, ...lines.map((line) => (Array.isArray(value) ? line : `  ${line}`))]
    : [`${scalarText(key)}: ${lines[0]}`]
  return afterLine(text, endOf(isPair(last) && isNode(last.value) ? last.value : first), indent, body)
}

function intoList(text: string, list: YAMLSeq, value: Json, json: boolean): Splice | null {
  const last = list.items.at(-1)
  if (list.flow || !isNode(last)) return intoFlow(text, list, (style) => flowPart(value, json, style))
  if (!list.range) return null
  const indent = columnOf(text, list.range[0])
  const lines = isCollection(last) && last.flow ? [flowText(value)] : blockLines(value)
  const body = lines.map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`))
  return afterLine(text, endOf(last), indent, body)
}

/** A line goes with the line end before it, so that an item put after it still follows a line end. */
function outOfList(text: string, list: YAMLSeq, index: number): Splice | null {
  const item = list.items[index]
  if (!isNode(item) || !item.range) return null
  if (list.flow) {
    const [before, next] = [list.items[index - 1], list.items[index + 1]]
    if (isNode(before) && before.range) return { start: before.range[1], end: item.range[1], text: '' }
    return { start: item.range[0], end: isNode(next) && next.range ? next.range[0] : item.range[1], text: '' }
  }
  const lineStart = text.lastIndexOf('\n', item.range[0] - 1) + 1
  if (lineStart === 0 || !/^ *- +$/.test(text.slice(lineStart, item.range[0]))) return null
  const start = text[lineStart - 2] === '\r' ? lineStart - 2 : lineStart - 1
  return { start, end: afterLine(text, endOf(item), 0, []).start, text: '' }
}

/** FlowStyle is how the parts of a bracketed collection are written: each on lines of its own, or all on one. */
interface FlowStyle {
  /** Text before each part, from its line's start; null: all on one line. */
  indent: string | null
  /** The part before spreads over lines itself. */
  spread: boolean
  newline: string
}

function flowPart(value: Json, json: boolean, { indent, spread, newline }: FlowStyle): string {
  if (!json) return flowText(value)
  if (indent === null || !spread) return spacedJson(value)
  const unit = indent.startsWith('\t') ? '\t' : indent.length % 4 === 0 ? 4 : 2
  return JSON.stringify(value, null, unit).replaceAll('\n', `${newline}${indent}`)
}

/** spacedJson writes JSON on one line as people do: `{"host": "reviews", "subset": "v1"}`. */
function spacedJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, child]) => `${JSON.stringify(key)}: ${spacedJson(child)}`)
  return `{${members.join(', ')}}`
}

/** Before the closing bracket, after the last item and a comma that may already stand there. */
function intoFlow(text: string, node: YAMLMap | YAMLSeq, part: (style: FlowStyle) => string): Splice | null {
  if (!node.range || !node.flow) return null
  const close = node.range[1] - 1
  const last = node.items.at(-1)
  const end = isPair(last) ? (isNode(last.value) ? last.value : last.key) : last
  const first = isPair(last) ? last.key : last
  if (end === undefined)
    return { start: close, end: close, text: part({ indent: null, spread: false, newline: '' }) }
  if (!isNode(end) || !end.range || !isNode(first) || !first.range) return null
  const at = end.range[1]
  const style = styleBefore(text, first.range[0], at)
  const lead = style.indent === null ? ', ' : `,${style.newline}${style.indent}`
  return { start: at, end: at, text: `${lead}${part(style)}` }
}

function styleBefore(text: string, start: number, end: number): FlowStyle {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const before = text.slice(lineStart, start)
  const newline = text[lineStart - 2] === '\r' ? '\r\n' : '\n'
  return {
    indent: lineStart > 0 && /^[ \t]*$/.test(before) ? before : null,
    spread: text.slice(start, end).includes('\n'),
    newline,
  }
}

/** endOf is where the last written character of a node is, comments and blank lines after it apart. */
function endOf(node: Node): number {
  if (isCollection(node) && !node.flow) {
    const last = node.items.at(-1)
    const child = isPair(last) ? (isNode(last.value) ? last.value : last.key) : last
    if (isNode(child)) return endOf(child)
  }
  return node.range?.[1] ?? 0
}

function afterLine(text: string, end: number, indent: number, body: readonly string[]): Splice {
  let position = end
  while (position > 0 && text[position - 1] === '\n') position -= 1
  const next = text.indexOf('\n', position)
  position = next === -1 ? text.length : next
  const windows = text[position - 1] === '\r'
  if (windows) position -= 1
  const newline = windows ? '\r\n' : '\n'
  const lines = body.map((line) => `${newline}${' '.repeat(indent)}${line}`)
  return { start: position, end: position, text: lines.join('') }
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}
