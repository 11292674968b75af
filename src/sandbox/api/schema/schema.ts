import { Failure } from '../../../release/failure.ts'
import type { Cause } from '../answers.ts'

/** Schema is the part of OpenAPI v3 that structural schemas of custom resources use. */
export interface Schema {
  type?: string
  format?: string
  properties?: { [name: string]: Schema }
  additionalProperties?: Schema
  items?: Schema
  required?: string[]
  enum?: unknown[]
  nullable?: boolean
  minimum?: number
  maximum?: number
  maxItems?: number
  maxLength?: number
  maxProperties?: number
  oneOf?: Schema[]
  anyOf?: Schema[]
  allOf?: Schema[]
  not?: Schema
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-validations'?: { rule: string; message: string }[]
}

/** prune gives the value without the fields that the schema doesn't know, and those fields' paths. */
export function prune(value: unknown, schema: Schema, path = ''): { value: unknown; unknown: string[] } {
  const unknown: string[] = []
  return { value: pruned(value, schema, path, unknown), unknown }
}

function pruned(value: unknown, schema: Schema, path: string, unknown: string[]): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return value
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return value
    return value.map((item, index) => pruned(item, items, `${path}[${index}]`, unknown))
  }
  if (typeof value !== 'object' || value === null) return value
  const { properties, additionalProperties } = schema
  if (properties === undefined && additionalProperties === undefined && schema.type !== 'object') return value
  const kept: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(value)) {
    const below = path === '' ? key : `${path}.${key}`
    const known = properties?.[key] ?? additionalProperties
    if (known === undefined) unknown.push(below)
    else kept[key] = pruned(child, known, below, unknown)
  }
  return kept
}

/** validateSchema gives what is wrong with a value, in the words of the API server. */
export function validateSchema(value: unknown, schema: Schema, path = ''): Cause[] {
  if (value === null && schema.nullable === true) return []
  const actual = typeOf(value)
  if (schema.type !== undefined && !isA(actual, schema.type)) {
    const expected = `${path} in body must be of type ${schema.type}: "${actual}"`
    return [
      { reason: 'FieldValueTypeInvalid', message: `Invalid value: "${actual}": ${expected}`, field: path },
    ]
  }
  return [
    ...bounds(value, schema, path),
    ...combinations(value, schema, path),
    ...rules(value, schema, path),
    ...children(value, schema, path),
  ]
}

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function isA(actual: string, wanted: string): boolean {
  return actual === wanted || (wanted === 'number' && actual === 'integer')
}

function children(value: unknown, schema: Schema, path: string): Cause[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? [] : value.flatMap((item, i) => validateSchema(item, items, `${path}[${i}]`))
  }
  if (typeof value !== 'object' || value === null) return []
  const object = value as Record<string, unknown>
  const missing = (schema.required ?? []).filter((key) => object[key] === undefined)
  return [
    ...missing.map((key) => ({
      reason: 'FieldValueRequired',
      message: 'Required value',
      field: path === '' ? key : `${path}.${key}`,
    })),
    ...Object.entries(object).flatMap(([key, child]) => {
      const known = schema.properties?.[key] ?? schema.additionalProperties
      return known === undefined ? [] : validateSchema(child, known, path === '' ? key : `${path}.${key}`)
    }),
  ]
}

function bounds(value: unknown, schema: Schema, path: string): Cause[] {
  const causes: Cause[] = numberBounds(value, schema, path)
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    const supported = schema.enum.map((item) => JSON.stringify(item)).join(', ')
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
      field: path,
    })
  }
  if (typeof value === 'string' && schema.maxLength !== undefined && value.length > schema.maxLength) {
    const message = `Too long: may not be more than ${schema.maxLength} bytes`
    causes.push({ reason: 'FieldValueTooLong', message, field: path })
  }
  const size = sizeOf(value)
  const most = Array.isArray(value) ? schema.maxItems : schema.maxProperties
  if (size !== null && most !== undefined && size > most) {
    causes.push({
      reason: 'FieldValueTooMany',
      message: `Too many: ${size}: must have at most ${most} items`,
      field: path,
    })
  }
  return causes
}

function numberBounds(value: unknown, schema: Schema, path: string): Cause[] {
  if (typeof value !== 'number') return []
  const broken = [
    schema.minimum !== undefined && value < schema.minimum
      ? `should be greater than or equal to ${schema.minimum}`
      : null,
    schema.maximum !== undefined && value > schema.maximum
      ? `should be less than or equal to ${schema.maximum}`
      : null,
    schema.format === 'int32' && Math.abs(value) > 2_147_483_647 ? 'must be of type integer:int32' : null,
  ]
  return broken
    .filter((text) => text !== null)
    .map((text) => ({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(value)}: ${path} in body ${text}`,
      field: path,
    }))
}

function sizeOf(value: unknown): number | null {
  return typeof value === 'object' && value !== null ? Object.keys(value).length : null
}

function combinations(value: unknown, schema: Schema, path: string): Cause[] {
  const fits = (branch: Schema): boolean => validateSchema(value, branch, path).length === 0
  const wrong = (text: string): Cause[] => [
    { reason: 'FieldValueInvalid', message: `Invalid value: "": "${path}" ${text}`, field: path },
  ]
  const causes: Cause[] = []
  if (schema.oneOf !== undefined) {
    const count = schema.oneOf.filter(fits).length
    const found = count === 0 ? 'Found none valid' : `Found ${count} valid alternatives`
    if (count !== 1) causes.push(...wrong(`must validate one and only one schema (oneOf). ${found}`))
  }
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) {
    causes.push(...wrong('must validate at least one schema (anyOf)'))
  }
  if (schema.not !== undefined && fits(schema.not))
    causes.push(...wrong('must not validate the schema (not)'))
  for (const branch of schema.allOf ?? []) causes.push(...combinations(value, branch, path))
  return causes
}

/** CEL rules of Istio's routing schemas, by their text. */
const known: Record<string, (value: unknown) => boolean> = {
  "duration(self) >= duration('1ms')": (value) => (parseNanoseconds(String(value)) ?? 0) >= 1e6,
  'self.all(key, !key.contains("*"))': (value) =>
    Object.keys(value as object).every((key) => !key.includes('*')),
  'self.all(key, key.size() != 0)': (value) => Object.keys(value as object).every((key) => key !== ''),
  '!self.contains("*")': (value) => !String(value).includes('*'),
}

function rules(value: unknown, schema: Schema, path: string): Cause[] {
  return (schema['x-kubernetes-validations'] ?? [])
    .filter(({ rule }) => {
      const check = known[rule]
      if (check === undefined) throw new Failure('internal', `The sandbox can't evaluate the rule ${rule}.`)
      return !check(value)
    })
    .map(({ message }) => ({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${typeof value === 'string' ? JSON.stringify(value) : `"${typeOf(value)}"`}: ${message}`,
      field: path,
    }))
}

const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** parseNanoseconds reads a Go duration; null where it is none (days don't exist there). */
export function parseNanoseconds(text: string): number | null {
  if (text === '0') return 0
  const match = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.exec(text)
  if (match === null) return null
  let total = 0
  for (const [, amount, unit] of (match[2] as string).matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (units[unit as string] as number)
  }
  return match[1] === '-' ? -total : total
}
