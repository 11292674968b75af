import { isScalar, isSeq, type Node } from 'yaml'
import type { Field, FieldKind, FieldTable, FieldValue, PlainField } from '../../gates/field.ts'
import { placeholders, placeholdersIn } from '../../gates/template.ts'
import { parseDuration } from '../../release/text/duration.ts'
import { didYouMean } from '../suggest.ts'
import { type MapReader, readMap, readText, resolveAlias, wrongField } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'

const longestTemplate = 4000
const longestDuration = 3_600_000

type FieldOf<Kind extends FieldKind> = Extract<PlainField, { kind: Kind }>

/** FieldCodec reads a field of one kind, and describes it as JSON Schema. */
interface FieldCodec<Kind extends FieldKind> {
  /** read throws ValueError. The key is there. */
  read(map: MapReader, key: string, field: FieldOf<Kind>): FieldValue<Kind>
  schema(field: FieldOf<Kind>): object
}

const code = { type: 'integer', minimum: 100, maximum: 599 }

const codecs: { [Kind in FieldKind]: FieldCodec<Kind> } = {
  duration: {
    read(map, key) {
      const ms = parseDuration(readText(map, key))
      if (ms !== null && ms > 0 && ms <= longestDuration) return ms
      throw wrongField(map, key, 'is no duration such as 500ms or 2s, at most 1h')
    },
    schema: () => ({ type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$' }),
  },
  template: {
    read: readTemplate,
    schema: () => ({ type: 'string', minLength: 1, maxLength: longestTemplate }),
  },
  number: { read: readNumber, schema: () => ({ type: 'number' }) },
  integer: {
    read(map, key, { least, greatest }) {
      const value = readNumber(map, key)
      if (Number.isInteger(value) && value >= least && value <= greatest) return value
      throw wrongField(map, key, `is not a whole number from ${least} to ${greatest}`)
    },
    schema: ({ least, greatest }) => ({ type: 'integer', minimum: least, maximum: greatest }),
  },
  text: {
    read(map, key, { longest }) {
      const text = readText(map, key, { beEmpty: true })
      if (text.length > longest) throw wrongField(map, key, `is longer than ${longest} characters`)
      return text
    },
    schema: ({ longest }) => ({ type: 'string', maxLength: longest }),
  },
  address: {
    read(map, key) {
      const text = readText(map, key)
      const url = URL.canParse(text) ? new URL(text) : null
      if (url === null || !/^https?:$/.test(url.protocol)) throw wrongField(map, key, 'is no http(s) address')
      if (url.username === '' && url.password === '') return text
      throw wrongField(map, key, 'holds credentials', { hide: true })
    },
    schema: () => ({ type: 'string', pattern: '^https?://' }),
  },
  'status-codes': {
    read: readStatusCodes,
    schema: () => ({ anyOf: [code, { type: 'array', minItems: 1, items: code }] }),
  },
  'label-name': {
    read(map, key) {
      const text = readText(map, key)
      if (/^[a-zA-Z_][a-zA-Z0-9_]{0,127}$/.test(text)) return text
      throw wrongField(map, key, 'is no name of a metric label')
    },
    schema: () => ({ type: 'string', pattern: '^[a-zA-Z_][a-zA-Z0-9_]{0,127}$' }),
  },
}

function readTemplate(map: MapReader, key: string, { names }: FieldOf<'template'>): string {
  const text = readText(map, key)
  if (text.length > longestTemplate)
    throw wrongField(map, key, `is longer than ${longestTemplate} characters`)
  const words = placeholdersIn(text)
  for (const word of words) {
    if ((placeholders as readonly string[]).includes(word)) continue
    const near = didYouMean(word, placeholders, (name) => `{{${name}}}`)
    const wrong = `holds the unknown placeholder {{${word.slice(0, 40)}}}.${near}`
    throw wrongField(map, key, wrong, { hide: true })
  }
  if (names !== undefined && !words.some((word) => word.split('.')[0] === names)) {
    const wrong = `names no side: write it for the ${names}, with {{${names}}} or {{${names}.…}}`
    throw wrongField(map, key, wrong, { hide: true })
  }
  return text
}

function readNumber(map: MapReader, key: string): number {
  const text = readText(map, key)
  const value = Number(text)
  if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) && Number.isFinite(value)) return value
  throw wrongField(map, key, 'is not a number')
}

function readStatusCodes(map: MapReader, key: string): number[] {
  const { node, offset } = map.find(key) as { node: Node; offset: number }
  const items = isSeq(node) ? (node.items as Node[]) : [node]
  const codes = items.map((item) => {
    const value = resolveAlias(item, map.document)
    return isScalar(value) && /^[1-5]\d\d$/.test(String(value.value)) ? Number(value.value) : null
  })
  if (codes.length > 0 && codes.every((each) => each !== null)) return codes
  throw new ValueError(offset, `${key}: expected a status code, or a list of them, e.g. [200, 204]`)
}

/** readFields reads a map by the table of its fields; what is absent becomes its default, or null. Throws ValueError. */
export function readFields(map: MapReader, fields: FieldTable): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, readField(map, key, field)]))
}

function readField(map: MapReader, key: string, field: Field): unknown {
  const found = map.find(key)
  if (found === null) {
    if (field.required) throw new ValueError(map.offset, `${key} is missing`)
    return 'default' in field ? field.default : null
  }
  if (field.kind === 'map') {
    const inner = readMap(found.node, map.document, `${key} as a map`)
    inner.allowKeys(Object.keys(field.fields), key)
    return readFields(inner, field.fields)
  }
  return (codecs[field.kind] as FieldCodec<FieldKind>).read(map, key, field as never)
}

/** fieldsSchema gives the JSON Schema of a map with these fields, beside `more` that every such map has. */
export function fieldsSchema(fields: FieldTable, more: Record<string, object> = {}): Record<string, unknown> {
  const own = Object.entries(fields).map(([key, field]) => [key, fieldSchema(field)])
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.entries(fields).flatMap(([key, field]) => (field.required ? [key] : [])),
    properties: { ...more, ...Object.fromEntries(own) },
  }
}

function fieldSchema(field: Field): object {
  if (field.kind === 'map') return fieldsSchema(field.fields)
  return (codecs[field.kind] as FieldCodec<FieldKind>).schema(field as never)
}
