import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml'
import type { GateSpec, GateType } from '../../release/gates.ts'
import { placeholders, placeholdersIn } from '../../release/gates.ts'
import { parseDuration } from '../../release/text/duration.ts'
import { didYouMean } from '../suggest.ts'

/** GateConfigError is a mistake in the list of gates, at a place of the text (offset in characters). */
export class GateConfigError extends Error {
  readonly offset: number

  constructor(offset: number, text: string) {
    super(text)
    this.offset = offset
  }
}

const types: readonly GateType[] = ['errors', 'latency', 'ratio', 'query', 'http']

/** gateKeys are the keys that a gate of a type may have. */
export const gateKeys: Record<GateType, readonly string[]> = {
  errors: ['name', 'type', 'mode', 'routes'],
  latency: ['name', 'type', 'mode', 'over'],
  ratio: ['name', 'type', 'mode', 'bad', 'total'],
  query: ['name', 'type', 'mode', 'query', 'min', 'max', 'unit', 'agree'],
  http: ['name', 'type', 'mode', 'url', 'status', 'timeout', 'agree'],
}

const mostGates = 20
const longestTemplate = 4000
const mostRoutes = 20
const mostAgreeing = 100

/** Fields reads the keys of one map, each with its place. */
interface Fields {
  at: number
  keys: readonly Node[]
  /** get gives a key's node; null where the key is absent. */
  get(key: string): { node: Node; at: number } | null
}

/**
 * readGates reads the list of gates from YAML. It throws GateMistake at the first thing that is wrong: a list that is
 * none, an unknown type, key or placeholder (with the nearest known one), a value of the wrong shape, a name that
 * stands twice, a list in which nothing is enforced.
 */
export function readGates(list: Node, document: Document): GateSpec[] {
  if (!isSeq(list)) throw new GateConfigError(start(list), 'expected a list of gates, each a map with a type')
  const gates: GateSpec[] = []
  for (const item of list.items as Node[]) {
    const gate = readGate(fieldsOf(item, document, 'a gate'), document)
    if (gates.some(({ name }) => name === gate.name)) {
      throw new GateConfigError(start(item), `the gate "${gate.name}" stands here a second time`)
    }
    gates.push(gate)
  }
  if (gates.length > mostGates) throw new GateConfigError(start(list), `holds more than ${mostGates} gates`)
  const others = gates.some(({ type, mode }) => type !== 'errors' && mode === 'enforce')
  if (!others && gates.some(({ type, mode }) => type === 'errors' && mode === 'observe')) {
    throw new GateConfigError(start(list), 'nothing is enforced: no step could ever pass; enforce one gate')
  }
  return gates
}

function readGate(fields: Fields, document: Document): GateSpec {
  const type = oneOf(fields, 'type', types, null)
  checkKeys(fields, gateKeys[type], `a gate of type ${type}`)
  const mode = oneOf(fields, 'mode', ['enforce', 'observe'] as const, 'enforce')
  const name = nameOf(fields, type)
  switch (type) {
    case 'errors':
      return { name, type, mode, routes: routesOf(fields, document) }
    case 'latency':
      return { name, type, mode, over: duration(fields, 'over', null) }
    case 'ratio':
      return { name, type, mode, bad: ratioTemplate(fields, 'bad'), total: ratioTemplate(fields, 'total') }
    case 'query':
      return { name, type, mode, ...limits(fields) }
    case 'http':
      return {
        name,
        type,
        mode,
        url: address(fields),
        status: statuses(fields, document),
        timeout: duration(fields, 'timeout', 5_000),
        agree: whole(fields, 'agree', 1, mostAgreeing, 3),
      }
  }
}

function nameOf(fields: Fields, type: GateType): string {
  const given = fields.get('name')
  if (type === 'errors') {
    if (given !== null && text(fields, 'name') !== 'errors') {
      throw new GateConfigError(given.at, 'name: the gate of type errors is always called errors')
    }
    return 'errors'
  }
  const name = text(fields, 'name')
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    throw wrong(fields, 'name', 'is no name: at most 63 lower-case letters, digits and "-"')
  }
  if (name === 'errors') throw wrong(fields, 'name', 'is the name of the gate of type errors')
  return name
}

function routesOf(fields: Fields, document: Document): { label: string; top: number } | null {
  const given = fields.get('routes')
  if (given === null) return null
  const inner = fieldsOf(given.node, document, 'routes')
  checkKeys(inner, ['label', 'top'], 'routes')
  const label = text(inner, 'label')
  if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/.test(label))
    throw wrong(inner, 'label', 'is no name of a metric label')
  return { label, top: whole(inner, 'top', 1, mostRoutes, 5) }
}

function limits(fields: Fields) {
  const min = number(fields, 'min')
  const max = number(fields, 'max')
  if (min === null && max === null)
    throw new GateConfigError(fields.at, 'a query needs a limit: give min, max or both')
  if (min !== null && max !== null && min > max) throw wrong(fields, 'max', 'is below min')
  const unit = fields.get('unit') === null ? '' : text(fields, 'unit')
  if (unit.length > 20) throw wrong(fields, 'unit', 'is longer than 20 characters')
  return {
    query: template(fields, 'query'),
    min,
    max,
    unit,
    agree: whole(fields, 'agree', 1, mostAgreeing, 3),
  }
}

function template(fields: Fields, key: string): string {
  const given = text(fields, key)
  if (given.length > longestTemplate) throw wrong(fields, key, `is longer than ${longestTemplate} characters`)
  for (const word of placeholdersIn(given)) {
    if (!(placeholders as readonly string[]).includes(word)) {
      const near = didYouMean(word, placeholders, (name) => `{{${name}}}`)
      throw wrong(fields, key, `holds the unknown placeholder {{${word.slice(0, 40)}}}.${near}`, false)
    }
  }
  return given
}

function ratioTemplate(fields: Fields, key: string): string {
  const given = template(fields, key)
  if (!placeholdersIn(given).some((word) => word.split('.')[0] === 'canary')) {
    throw wrong(fields, key, 'names no side: write it for the canary, with {{canary}} or {{canary.…}}', false)
  }
  return given
}

function address(fields: Fields): string {
  const given = text(fields, 'url')
  const url = URL.canParse(given) ? new URL(given) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw wrong(fields, 'url', 'is no http(s) address')
  if (url.username !== '' || url.password !== '') throw wrong(fields, 'url', 'holds credentials', false)
  return given
}

function statuses(fields: Fields, document: Document): number[] {
  const given = fields.get('status')
  if (given === null) return [200]
  const items = isSeq(given.node) ? (given.node.items as Node[]) : [given.node]
  const codes = items.map((item) => {
    const node = resolved(item, document)
    return isScalar(node) && /^[1-5]\d\d$/.test(String(node.value)) ? Number(node.value) : null
  })
  if (codes.length > 0 && codes.every((code) => code !== null)) return codes
  throw new GateConfigError(given.at, 'status: expected a status code, or a list of them, e.g. [200, 204]')
}

function duration(fields: Fields, key: string, otherwise: number | null): number {
  if (otherwise !== null && fields.get(key) === null) return otherwise
  const ms = parseDuration(text(fields, key))
  if (ms === null || ms <= 0 || ms > 3_600_000)
    throw wrong(fields, key, 'is no duration such as 500ms or 2s, at most 1h')
  return ms
}

function whole(fields: Fields, key: string, least: number, most: number, otherwise: number): number {
  if (fields.get(key) === null) return otherwise
  const value = number(fields, key)
  if (value !== null && Number.isInteger(value) && value >= least && value <= most) return value
  throw wrong(fields, key, `is not a whole number from ${least} to ${most}`)
}

function number(fields: Fields, key: string): number | null {
  if (fields.get(key) === null) return null
  const given = text(fields, key)
  const value = Number(given)
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(given) && Number.isFinite(value)) return value
  throw wrong(fields, key, 'is not a number')
}

function oneOf<Word extends string>(
  fields: Fields,
  key: string,
  allowed: readonly Word[],
  otherwise: Word | null,
): Word {
  if (otherwise !== null && fields.get(key) === null) return otherwise
  const given = text(fields, key)
  const found = allowed.find((word) => word === given)
  if (found !== undefined) return found
  throw wrong(fields, key, `is not one of: ${allowed.join(', ')}`)
}

function text(fields: Fields, key: string): string {
  const found = fields.get(key)
  if (found === null) throw new GateConfigError(fields.at, `${key} is missing`)
  const { node, at } = found
  if (!isScalar(node) || node.value === null) throw new GateConfigError(at, `${key}: expected one value`)
  const plain = node.type === 'PLAIN' && typeof node.source === 'string'
  const given = (plain ? (node.source as string) : String(node.value)).trim()
  if (given === '' && key !== 'unit') throw new GateConfigError(at, `${key}: is empty`)
  if (/[^\P{Cc}\n\t]/u.test(given)) throw new GateConfigError(at, `${key}: holds control characters`)
  return given
}

function wrong(fields: Fields, key: string, why: string, show = true): GateConfigError {
  const found = fields.get(key)
  const value =
    show && found !== null && isScalar(found.node)
      ? ` ${JSON.stringify(String(found.node.value).slice(0, 80))}`
      : ''
  return new GateConfigError(found?.at ?? fields.at, `${key}:${value} ${why}`)
}

function fieldsOf(item: Node | null, document: Document, what: string): Fields {
  const node = resolved(item, document)
  if (!isMap(node))
    throw new GateConfigError(start(item), `expected ${what} as a map, e.g. {type: latency, …}`)
  const pairs = new Map<string, Pair<Node, Node | null>>()
  for (const pair of (node as YAMLMap<Node, Node | null>).items) {
    if (!isScalar(pair.key)) throw new GateConfigError(start(pair.key), 'a key must be a word')
    pairs.set(String(pair.key.value), pair)
  }
  return {
    at: start(item),
    keys: [...pairs.values()].map((pair) => pair.key),
    get(key) {
      const pair = pairs.get(key)
      if (pair === undefined) return null
      const value = resolved(pair.value, document)
      if (value === null) throw new GateConfigError(start(pair.key), `${key}: has no value`)
      return { node: value, at: start(pair.value) }
    },
  }
}

function checkKeys(fields: Fields, allowed: readonly string[], what: string): void {
  for (const key of fields.keys) {
    const name = isScalar(key) ? String(key.value) : ''
    if (allowed.includes(name)) continue
    const near = didYouMean(name, allowed, (word) => `"${word}"`)
    throw new GateConfigError(start(key), `unknown key "${name.slice(0, 80)}" of ${what}.${near}`)
  }
}

function resolved(node: Node | null, document: Document): Node | null {
  return isAlias(node) ? (node.resolve(document) ?? null) : node
}

function start(node: unknown): number {
  return (node as { range?: [number, number, number] | null } | null)?.range?.[0] ?? 0
}
