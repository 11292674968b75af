// The JSON Schema of the config file, from the table of options: what an editor needs to complete and check it.

const rate = {
  anyOf: [
    { type: 'string', pattern: '^(\\d+(\\.\\d+)?|\\.\\d+)\\s*%$|^0?\\.\\d+$' },
    { type: 'number', minimum: 0, exclusiveMaximum: 1 },
  ],
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
      { type: 'array', minItems: 1, items: { type: 'integer', minimum: 1, maximum: 100 } },
      { type: 'string', pattern: '^\\s*\\d+%?([\\s,]+\\d+%?)*\\s*$' },
      { const: 100 },
    ],
  }),
  duration: () => ({
    anyOf: [{ type: 'string', pattern: '^(0|(\\d+(\\.\\d+)?(ms|s|m|h|d))+)$' }, { const: 0 }],
  }),
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
  path: () => ({ type: 'string', minLength: 1 }),
  url: () => ({ type: 'string', pattern: '^(https?|k8s)://' }),
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
