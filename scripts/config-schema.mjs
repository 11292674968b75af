// The JSON Schema of the config file, from the table of options: what an editor needs to complete and check it.
import { gatesSchema } from '../src/config/kinds/gates.ts'

const rate = {
  anyOf: [
    { type: 'string', pattern: '^(\\d+(\\.\\d+)?|\\.\\d+)\\s*%$|^0?\\.\\d+$' },
    { type: 'number', minimum: 0, exclusiveMaximum: 1 },
  ],
}

const duration = {
  anyOf: [{ type: 'string', pattern: '^(0|(\\d+(\\.\\d+)?(ms|s|m|h|d))+)$' }, { const: 0 }],
}

const share = { type: 'integer', minimum: 1, maximum: 100 }
const percent = { type: 'number', exclusiveMinimum: 0, maximum: 100 }

const one = (name, value) => ({
  type: 'object',
  additionalProperties: false,
  required: [name],
  properties: { [name]: value },
})

const testers = (by) => ({
  type: 'object',
  additionalProperties: false,
  required: [by, 'value'],
  properties: { [by]: { type: 'string' }, value: { type: ['string', 'number', 'boolean'] } },
})

const previewText = { type: 'string', pattern: '^(header|cookie):[^=]+=.+$' }
const stickyText = {
  type: 'string',
  pattern: '^cookie(=[^,=;\\s]+)?(\\s*,\\s*(max-age|from)=[^,]+)*$',
}
const sticky = {
  anyOf: [
    {
      type: 'object',
      additionalProperties: false,
      required: ['cookie'],
      properties: { cookie: { type: 'string' }, 'max-age': { type: 'string' } },
    },
    stickyText,
  ],
}
const stepMaps = [
  {
    type: 'object',
    additionalProperties: false,
    required: ['weight', 'sticky'],
    properties: { weight: share, sticky },
  },
  one('weight', share),
  one('preview', { anyOf: [testers('header'), testers('cookie'), previewText] }),
  one('mirror', percent),
]

const rule = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 253 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    sni: { type: 'string', minLength: 1, maxLength: 253 },
  },
}

const shapes = {
  text: () => ({ type: ['string', 'number', 'boolean'] }),
  'dns-label': () => ({ type: ['string', 'number'], pattern: '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$' }),
  'dns-name': () => ({ type: 'string', maxLength: 253 }),
  'label-value': () => ({
    type: ['string', 'number'],
    pattern: '^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$',
  }),
  'percent-list': () => ({
    anyOf: [
      { type: 'array', minItems: 1, items: { anyOf: [share, ...stepMaps] } },
      { type: 'string', pattern: '^\\s*\\d+%?([\\s,]+\\d+%?)*\\s*$' },
      { const: 100 },
    ],
  }),
  duration: () => duration,
  'duration-or-auto': () => ({ anyOf: [{ const: 'auto' }, ...duration.anyOf] }),
  'duration-or-off': () => ({ anyOf: [{ const: 'off' }, ...duration.anyOf] }),
  image: () => ({ type: 'string', maxLength: 512 }),
  matchers: () => ({ type: 'string', minLength: 1 }),
  boolean: () => ({ type: 'boolean' }),
  enum: (option) => ({ enum: option.allowed }),
  integer: (option) => ({
    type: 'integer',
    minimum: Number(option.least ?? 0),
    ...(option.greatest ? { maximum: Number(option.greatest) } : {}),
  }),
  rate: () => rate,
  'rate-or-off': () => ({ anyOf: [{ const: 'off' }, ...rate.anyOf] }),
  'rate-or-auto': () => ({ anyOf: [{ const: 'auto' }, ...rate.anyOf] }),
  percent: () => percent,
  preview: () => previewText,
  sticky: () => sticky,
  routes: () => ({
    anyOf: [
      { type: 'string' },
      { type: 'array', minItems: 1, maxItems: 50, items: { anyOf: [{ type: 'string' }, rule] } },
    ],
  }),
  path: () => ({ type: 'string', minLength: 1 }),
  url: () => ({ type: 'string', pattern: '^(https?|k8s)://' }),
  gates: gatesSchema,
}

/** configSchema makes the schema (draft 2020-12) of all options that may stand in the config file. */
export function configSchema(options) {
  const inFile = options.filter((option) => option.places.includes('file'))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Shiftgate configuration',
    description: 'Options of a release. An input or a flag of the same name wins over this file.',
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(inFile.map((option) => [option.name, property(option)])),
  }
}

function property(option) {
  const shape = shapes[option.kind]
  if (shape === undefined) throw new Error(`no schema for options of kind ${option.kind}`)
  return {
    description: [option.summary, option.details].filter(Boolean).join('\n\n'),
    ...shape(option),
    examples: [option.example],
    ...(option.default === null ? {} : { default: schemaDefault(option) }),
  }
}

function schemaDefault(option) {
  if (option.kind === 'boolean') return option.default === 'true'
  if (option.kind === 'integer') return Number(option.default)
  return option.default
}
