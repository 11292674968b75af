// The JSON Schema of the config file, from the table of options and the codec of each kind.
import { codecs } from '../src/config/kinds/codecs.ts'

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
  return {
    description: [option.summary, option.details].filter(Boolean).join('\n\n'),
    ...codecs[option.kind].schema(option),
    examples: [option.example],
    ...(option.default === null ? {} : { default: schemaDefault(option) }),
  }
}

function schemaDefault(option) {
  if (option.kind === 'boolean') return option.default === 'true'
  if (option.kind === 'integer') return Number(option.default)
  return option.default
}
