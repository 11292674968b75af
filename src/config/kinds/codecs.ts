import { parseDocument } from 'yaml'
import type { GateSpec } from '../../release/gates.ts'
import type { Option, OptionKind } from '../options/option.ts'
import { ValueError } from '../yaml/value-error.ts'
import { argv } from './argv.ts'
import type { OptionCodec, ParseResult } from './codec.ts'
import { matching } from './codec.ts'
import { duration, durationOrAuto, durationOrOff } from './durations.ts'
import { gatesSchema, readGates } from './gates.ts'
import { headers } from './headers.ts'
import { matchers } from './matchers.ts'
import { preview } from './preview.ts'
import { rate, rateOrAuto, rateOrOff } from './rates.ts'
import { ruleChoices } from './routes.ts'
import * as scalars from './scalars.ts'
import { steps } from './steps.ts'
import { sticky } from './sticky.ts'
import { url } from './url.ts'

const gates: OptionCodec<GateSpec[]> = {
  fromText(text) {
    const document = parseDocument(text, { prettyErrors: false })
    if (document.errors.length > 0 || document.contents === null) return { wrong: 'is not a list of gates' }
    try {
      return { value: readGates(document.contents, document) }
    } catch (error) {
      if (error instanceof ValueError) return { wrong: `is no list of gates: ${error.message}` }
      throw error
    }
  },
  fromYaml: (node, document) => ({ value: readGates(node, document) }),
  schema: gatesSchema,
}

/** token reads a secret that travels in a header: anything else than visible ASCII would end or break it. */
const token = matching(/^[\x21-\x7e]+$/, 'holds spaces, line ends or other characters that no token has', {
  type: 'string',
})

/** codecs holds the codec of every kind of option: one line names each. */
export const codecs = {
  text: scalars.anyText,
  token,
  'dns-label': scalars.dnsLabel,
  'dns-name': scalars.dnsName,
  'label-value': scalars.labelValue,
  'percent-list': steps,
  duration,
  'duration-or-auto': durationOrAuto,
  'duration-or-off': durationOrOff,
  boolean: scalars.boolean,
  enum: scalars.enumeration,
  integer: scalars.integer,
  rate,
  'rate-or-off': rateOrOff,
  'rate-or-auto': rateOrAuto,
  path: scalars.path,
  url,
  headers,
  repository: scalars.repository,
  sha: scalars.commitSha,
  gates,
  routes: ruleChoices,
  preview,
  sticky,
  percent: scalars.percent,
  image: scalars.image,
  images: scalars.images,
  replicas: scalars.replicas,
  argv,
  matchers,
} as const satisfies Record<OptionKind, OptionCodec<unknown>>

/** OptionValue is what an option of a kind is read as. Durations in ms, rates 0–1, shares in percent. */
export type OptionValue<Kind extends OptionKind> =
  (typeof codecs)[Kind] extends OptionCodec<infer Value> ? Value : never

/** parseOption reads the text of an option by its kind. The text is trimmed and not empty. */
export function parseOption(text: string, option: Option): ParseResult<unknown> {
  return codecs[option.kind].fromText(text, option)
}
