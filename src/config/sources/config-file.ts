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
  type YAMLMap,
} from 'yaml'
import type { OptionCodec } from '../kinds/codec.ts'
import { codecs } from '../kinds/codecs.ts'
import type { Option } from '../options/option.ts'
import { findOption, options } from '../options/options.ts'
import { didYouMean } from '../suggest.ts'
import { nodeOffset, nodeText, resolveAlias } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'
import { invalidConfig, type Position, type RawValue } from './raw-value.ts'

/** Limits of a config file: none that anybody writes comes near them. */
const limits = { characters: 262_144, keys: 2000, depth: 40 }

/**
 * readConfig reads the text of a config file into what it gives, by option name. `file` is its path as the user
 * knows it. It throws Failure `invalid-config` at the first mistake, with file, line and column: broken YAML, tabs,
 * an unknown key (with the nearest known one), a key given twice, a value of the wrong shape, more than any config
 * needs.
 */
export function readConfig(file: string, given: string): Map<string, RawValue> {
  if (given.length > limits.characters) {
    throw invalidConfig({ file, line: 1, column: 1 }, `is larger than ${limits.characters} characters.`)
  }
  const text = given.replace(/^\uFEFF/, '')
  const lines = new LineCounter()
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col) }
  }
  const document = onlyDocument(text, lines, place)
  const values = new Map<string, RawValue>()
  const root = (document?.contents ?? null) as Node | null
  if (document === null || root === null || (isScalar(root) && root.value === null)) return values
  checkMaps(root, place)
  if (!isMap(root)) {
    throw invalidConfig(place(nodeOffset(root)), 'expected a map of options, e.g. "namespace: shop".')
  }
  const config = { text, document, place }
  for (const pair of root.items) readPair(pair as Pair<Node, Node | null>, config, values)
  return values
}

type PlaceOf = (offset: number) => Position

function onlyDocument(text: string, lines: LineCounter, place: PlaceOf): Document | null {
  const documents = parseDocuments(text, lines, place)
  for (const document of documents) {
    const error = document.errors[0]
    if (error) throw invalidConfig(place(error.pos[0]), yamlMistake(error.code, error.message))
  }
  const [first, second] = documents
  if (second) throw invalidConfig(place(second.range?.[0] ?? 0), 'holds more than one YAML document.')
  return first ?? null
}

/** The parser compares each key with all before it, and recurses: keys are compared here, once, and depth ends. */
function parseDocuments(text: string, lineCounter: LineCounter, place: PlaceOf): Document[] {
  try {
    const options = { lineCounter, prettyErrors: false, strict: true, uniqueKeys: false }
    const documents = parseAllDocuments(text, options)
    return Array.isArray(documents) ? (documents as Document[]) : []
  } catch (error) {
    if (error instanceof RangeError) throw invalidConfig(place(0), 'is nested too deeply to be read.')
    throw error
  }
}

/** checkMaps looks once at every key: none stands twice in its map, and there are not too many, nor too deep. */
function checkMaps(root: Node, place: PlaceOf): void {
  let keys = 0
  const waiting: { node: unknown; depth: number }[] = [{ node: root, depth: 0 }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, depth } = next
    if (depth > limits.depth) {
      throw invalidConfig(place(nodeOffset(node)), `is nested deeper than ${limits.depth} levels.`)
    }
    if (isMap(node)) keys = checkKeys(node, keys, place)
    const children = isSeq(node) ? node.items : isMap(node) ? node.items.map(({ value }) => value) : []
    for (const child of children) waiting.push({ node: child, depth: depth + 1 })
  }
}

/** checkKeys looks at the keys of one map, after so many others, and gives how many there are now. */
function checkKeys(map: YAMLMap, before: number, place: PlaceOf): number {
  const seen = new Set<unknown>()
  for (const { key } of map.items) {
    const at = () => place(nodeOffset(key))
    if (before + seen.size >= limits.keys) throw invalidConfig(at(), `holds more than ${limits.keys} keys.`)
    const name = isScalar(key) ? key.value : key
    const shown = JSON.stringify(String(name).slice(0, 80))
    if (seen.has(name)) throw invalidConfig(at(), `the key ${shown} stands here for the second time.`)
    seen.add(name)
  }
  return before + seen.size
}

function yamlMistake(code: string, message: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is no indentation in YAML: use spaces.'
  const line = message.split('\n')[0] as string
  return `not valid YAML: ${line.charAt(0).toLowerCase()}${line.slice(1).replace(/[.:]$/, '')}.`
}

interface ConfigText {
  text: string
  document: Document
  place: PlaceOf
}

function readPair(pair: Pair<Node, Node | null>, config: ConfigText, given: Map<string, RawValue>): void {
  const { document, place } = config
  const at = place(nodeOffset(pair.key))
  const name = isScalar(pair.key) ? String(pair.key.value) : null
  if (name === null) throw invalidConfig(at, 'a key must be the name of an option.')
  const option = optionOf(name, at)
  const node = resolveAlias(pair.value, document)
  if (node === null || (isScalar(node) && node.value === null)) {
    throw invalidConfig(at, `${name}: has no value.`)
  }
  const position = place(nodeOffset(pair.value))
  if (given.has(name)) throw invalidConfig(at, `${name}: steps give it as well: give one.`)
  if (isScalar(node)) {
    given.set(name, { text: nodeText(node) ?? '', label: name, position })
    return
  }
  const { value, also = [] } = readNode(option, node, isAlias(pair.value), config)
  given.set(name, { text: sourceOf(node, config.text), value, label: name, position })
  for (const other of also) {
    const position = place(other.offset)
    if (given.has(other.name)) {
      throw invalidConfig(position, `${name}: ${other.name} is given on its own as well: give one.`)
    }
    const text = JSON.stringify(other.value)
    given.set(other.name, { text, value: other.value, label: `${name}: ${other.name}`, position })
  }
}

function optionOf(name: string, at: Position): Option {
  const option = findOption(name)
  if (option === null) {
    const names = options.filter(({ places }) => places.includes('file')).map((each) => each.name)
    throw invalidConfig(at, `unknown key "${name.slice(0, 80)}".${didYouMean(name, names, quoted)}`)
  }
  if (!option.places.includes('file')) throw invalidConfig(at, notForFiles(option))
  return option
}

/** A list or a map is read where it stands, so that each mistake has its line and column. */
function readNode(option: Option, node: Node, alias: boolean, { document, place }: ConfigText) {
  const codec: OptionCodec<unknown> = codecs[option.kind]
  if (codec.fromYaml === undefined || (alias && option.kind !== 'gates')) {
    throw invalidConfig(
      place(nodeOffset(node)),
      `${option.name}: expected one value, e.g. ${option.example}.`,
    )
  }
  try {
    return codec.fromYaml(node, document)
  } catch (error) {
    if (!(error instanceof ValueError)) throw error
    throw invalidConfig(place(error.offset), `${option.name}: ${error.message.replace(/\.$/, '')}.`)
  }
}

/** A list or a map as it was written, on one line. */
function sourceOf(node: Node, text: string): string {
  const [start = 0, end = 0] = node.range ?? []
  return text.slice(start, end).replace(/\s+/g, ' ').trim()
}

function notForFiles(option: Option): string {
  const why = option.secret ? 'a secret does not belong into a file' : 'it has no place in the config file'
  return `${option.name}: ${why}; give it as an input or a flag.`
}

function quoted(name: string): string {
  return `"${name}"`
}
