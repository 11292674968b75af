import { type Document, isAlias, isMap, isScalar, type Node, type Pair, type YAMLMap } from 'yaml'
import { didYouMean } from '../suggest.ts'
import { ValueError } from './value-error.ts'

/** nodeOffset gives where a node begins in its text, in characters. */
export function nodeOffset(node: unknown): number {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0] ?? 0
}

/** resolveAlias gives the node that an alias stands for; any other node is itself. */
export function resolveAlias(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node
}

/** nodeText gives a scalar as it was written: a plain `1.10` is no number here. null for any other node. */
export function nodeText(node: Node | null): string | null {
  if (!isScalar(node)) return null
  const plain = node.type === 'PLAIN' && typeof node.source === 'string'
  return (plain ? (node.source as string) : String(node.value ?? '')).trim()
}

/** MapReader reads the keys of one map of the config file, each with its place. */
export interface MapReader {
  document: Document
  /** Where the map begins. */
  offset: number
  keys: readonly string[]
  /** find gives a key's value and its place; null where the key is absent. It throws ValueError for no value. */
  find(key: string): { node: Node; offset: number } | null
  /** allowKeys throws ValueError at the first key that is not `allowed`; `what` says of what it is none. */
  allowKeys(allowed: readonly string[], what: string): void
}

/** readMap opens a map; `what` names it in the ValueError for anything that is none. */
export function readMap(item: Node | null, document: Document, what: string): MapReader {
  const node = resolveAlias(item, document)
  if (!isMap(node)) throw new ValueError(nodeOffset(item), `expected ${what}`)
  const pairs = new Map<string, Pair<Node, Node | null>>()
  for (const pair of (node as YAMLMap<Node, Node | null>).items) {
    if (!isScalar(pair.key)) throw new ValueError(nodeOffset(pair.key), 'a key must be a word')
    pairs.set(String(pair.key.value), pair)
  }
  return {
    document,
    offset: nodeOffset(item),
    keys: [...pairs.keys()],
    find(key) {
      const pair = pairs.get(key)
      if (pair === undefined) return null
      const value = resolveAlias(pair.value, document)
      if (value === null) throw new ValueError(nodeOffset(pair.key), `${key}: has no value`)
      return { node: value, offset: nodeOffset(pair.value) }
    },
    allowKeys(allowed, kind) {
      for (const [name, pair] of pairs) {
        if (allowed.includes(name)) continue
        const near = didYouMean(name, allowed, (word) => `"${word}"`)
        throw new ValueError(nodeOffset(pair.key), `unknown key "${name.slice(0, 80)}" of ${kind}.${near}`)
      }
    },
  }
}

/** readText gives the text of a key's one value. It throws ValueError where it is missing, empty or no text. */
export function readText(map: MapReader, key: string, may: { beEmpty?: true } = {}): string {
  const found = map.find(key)
  if (found === null) throw new ValueError(map.offset, `${key} is missing`)
  const text = isScalar(found.node) && found.node.value === null ? null : nodeText(found.node)
  if (text === null) throw new ValueError(found.offset, `${key}: expected one value`)
  if (text === '' && !may.beEmpty) throw new ValueError(found.offset, `${key}: is empty`)
  if (/[^\P{Cc}\n\t]/u.test(text)) throw new ValueError(found.offset, `${key}: holds control characters`)
  return text
}

/** wrongField is the mistake of a key's value, which it shows unless `hide`. */
export function wrongField(map: MapReader, key: string, why: string, { hide = false } = {}): ValueError {
  const found = map.find(key)
  const value =
    !hide && found !== null && isScalar(found.node)
      ? ` ${JSON.stringify(String(found.node.value).slice(0, 80))}`
      : ''
  return new ValueError(found?.offset ?? map.offset, `${key}:${value} ${why}`)
}

/** readWord gives one of the allowed words; `otherwise` where the key is absent, unless that is null. */
export function readWord<Word extends string>(
  map: MapReader,
  key: string,
  allowed: readonly Word[],
  otherwise: Word | null,
): Word {
  if (otherwise !== null && map.find(key) === null) return otherwise
  const given = readText(map, key)
  const found = allowed.find((word) => word === given)
  if (found !== undefined) return found
  throw wrongField(map, key, `is not one of: ${allowed.join(', ')}`)
}
