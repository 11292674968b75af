import { Failure } from '../release/failure.ts'
import type { Json, JsonObject, JsonPatchOperation } from '../release/kubernetes.ts'

/** pointer joins path tokens to a JSON Pointer (RFC 6901), escaping `~` and `/`. */
export function pointer(...tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** tokensOf splits a JSON Pointer into its unescaped tokens. Throws `internal` when it isn't one. */
export function tokensOf(path: string): string[] {
  if (path === '') return []
  if (!path.startsWith('/')) throw new Failure('internal', `“${path}” is not a JSON Pointer.`)
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** isObject tells a JSON object from an array, a scalar and nothing. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** sameJson compares two JSON values as RFC 6902 does: member order doesn't matter, item order does. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item, index) => sameJson(item, right[index]))
    )
  }
  if (!isObject(left) || !isObject(right)) return false
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && sameJson(left[key], right[key]))
  )
}

/**
 * isExact tells whether every number of a value is one that JavaScript holds exactly. Istio has 64-bit integers; one
 * beyond 2^53 was rounded when it was read, and must not be written again.
 */
export function isExact(value: Json | undefined): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((child) => isExact(child))
}

/** valueAt gives the value under a JSON Pointer, undefined where there is none. */
export function valueAt(document: unknown, path: string): Json | undefined {
  let here: unknown = document
  for (const token of tokensOf(path)) {
    if (Array.isArray(here)) here = /^(0|[1-9]\d*)$/.test(token) ? here[Number(token)] : undefined
    else if (isObject(here) && Object.hasOwn(here, token)) here = here[token]
    else return undefined
  }
  return here as Json | undefined
}

/** copyOf copies a JSON value. What is shared within it (a YAML anchor's target) becomes two things. */
export function copyOf<Value extends Json>(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyOf) as Value
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const [key, child] of Object.entries(value)) setOwn(copy, key, copyOf(child))
  return copy as Value
}

/**
 * applyPatch gives a copy of `object` with the operations applied in order (RFC 6902: add, replace, remove,
 * test). The input stays as it was. Throws `conflict` where a test fails or a path is missing, naming the
 * operation: nothing is applied by halves.
 */
export function applyPatch<Root>(object: Root, operations: readonly JsonPatchOperation[]): Root {
  const root = { root: copyOf(object as unknown as Json) }
  for (const operation of operations) apply(root, operation)
  return root.root as unknown as Root
}

function apply(root: { root: Json }, operation: JsonPatchOperation): void {
  const tokens = ['root', ...tokensOf(operation.path)]
  const last = tokens.pop() as string
  let parent: Json = root
  for (const token of tokens) parent = child(parent, token, operation)
  if (operation.op === 'test') {
    if (!sameJson(child(parent, last, operation), operation.value)) throw failed(operation, 'differs')
    return
  }
  if (Array.isArray(parent)) changeList(parent, last, operation)
  else if (isObject(parent)) changeMap(parent, last, operation)
  else throw failed(operation, 'has no parent')
}

function child(parent: Json, token: string, operation: JsonPatchOperation): Json {
  if (Array.isArray(parent)) return parent[indexIn(parent, token, parent.length - 1, operation)] as Json
  if (isObject(parent) && Object.hasOwn(parent, token)) return parent[token] as Json
  throw failed(operation, 'is missing')
}

function changeList(list: Json[], token: string, operation: JsonPatchOperation): void {
  if (operation.op === 'add') {
    const index = token === '-' ? list.length : indexIn(list, token, list.length, operation)
    list.splice(index, 0, copyOf(operation.value))
    return
  }
  const index = indexIn(list, token, list.length - 1, operation)
  if (operation.op === 'remove') list.splice(index, 1)
  else if (operation.op === 'replace') list[index] = copyOf(operation.value)
}

function changeMap(map: JsonObject, token: string, operation: JsonPatchOperation): void {
  if (operation.op !== 'add' && !Object.hasOwn(map, token)) throw failed(operation, 'is missing')
  if (operation.op === 'remove') delete map[token]
  else if (operation.op !== 'test') setOwn(map, token, copyOf(operation.value))
}

/** setOwn sets a member even where its name is `__proto__`. */
function setOwn(map: JsonObject, key: string, value: Json): void {
  if (key !== '__proto__') map[key] = value
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
}

function indexIn(list: Json[], token: string, highest: number, operation: JsonPatchOperation): number {
  const index = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : Number.NaN
  if (!(index <= highest)) throw failed(operation, `is outside a list of ${list.length}`)
  return index
}

function failed(operation: JsonPatchOperation, why: string): Failure {
  return new Failure(
    'conflict',
    `The change no longer fits the object: ${operation.op} ${operation.path} ${why}.`,
    {
      details: { op: operation.op, path: operation.path },
    },
  )
}
