import { parseDocument } from 'yaml'
import type { GateSpec } from '../../release/gates.ts'
import type { LabelMatcher } from '../../release/promql.ts'
import type { RouteChoice } from '../../release/request.ts'
import type { PreviewChoice, StickyChoice } from '../../release/settings.ts'
import { formatDuration, parseDuration } from '../../release/text/duration.ts'
import type { Option, OptionKind } from '../options/option.ts'
import { ValueError } from '../yaml/value-error.ts'
import { readArgv } from './argv.ts'
import { readGates } from './gates.ts'
import { readMatchers } from './matchers.ts'
import { readRoutes } from './routes.ts'
import { readPreview } from './steps.ts'
import { readSticky } from './sticky.ts'

/** OptionValues maps each kind of option to what its text is read as. Durations in ms, rates 0–1, shares in percent. */
export interface OptionValues {
  text: string
  'dns-label': string
  'dns-name': string
  'label-value': string
  'percent-list': number[]
  duration: number
  'duration-or-auto': number | 'auto'
  'duration-or-off': number | null
  boolean: boolean
  enum: string
  integer: number
  rate: number
  'rate-or-off': number | null
  'rate-or-auto': number | 'auto'
  path: string
  url: string
  headers: Record<string, string>
  repository: { owner: string; name: string }
  sha: string
  gates: GateSpec[]
  routes: RouteChoice[]
  preview: PreviewChoice
  sticky: StickyChoice
  percent: number
  image: string
  argv: string[]
  matchers: LabelMatcher[]
}

/**
 * Parsed is a value, or what is wrong with the text: a clause that says what to write instead. `hide`: the text
 * holds a secret where none was expected.
 */
export type Parsed<Value> = { value: Value } | { wrong: string; hide?: true }

type Reader<Kind extends OptionKind> = (text: string, option: Option) => Parsed<OptionValues[Kind]>

const readers: { [Kind in OptionKind]: Reader<Kind> } = {
  text: (text) => ({ value: text }),
  'dns-label': matching(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'is not a Kubernetes name: at most 63 lower-case letters, digits and "-", with a letter or digit at both ends',
  ),
  'dns-name': matching(
    /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/,
    'is not a DNS name in lower case',
  ),
  'label-value': matching(
    /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    'is not a label value: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends',
  ),
  'percent-list': readSteps,
  duration: readDuration,
  'duration-or-auto': (text, option) =>
    text === 'auto' ? { value: 'auto' } : readDuration(text, option, ', or "auto"'),
  'duration-or-off': (text, option) =>
    text === 'off' ? { value: null } : readDuration(text, option, ', or "off"'),
  boolean: readBoolean,
  enum: readEnum,
  integer: readInteger,
  rate: readRate,
  'rate-or-off': (text, option) => (text === 'off' ? { value: null } : readRate(text, option, ', or "off"')),
  'rate-or-auto': (text, option) =>
    text === 'auto' ? { value: 'auto' } : readRate(text, option, ', or "auto"'),
  path: (text) => (text.includes('\0') ? { wrong: 'is not a path' } : { value: text }),
  url: readUrl,
  headers: readHeaders,
  repository: (text) => {
    const found = /^([A-Za-z0-9](?:[-A-Za-z0-9]{0,38}))\/([A-Za-z0-9._-]{1,100})$/.exec(text)
    if (!found || /^\.{1,2}$/.test(found[2] as string)) {
      return { wrong: 'is not a repository: write owner/name' }
    }
    return { value: { owner: found[1] as string, name: found[2] as string } }
  },
  sha: matching(
    /^([0-9a-f]{40}|[0-9a-f]{64})$/,
    'is not a commit: write its full SHA, 40 or 64 hexadecimal digits',
  ),
  gates: readGateText,
  routes: readRoutes,
  preview: readPreview,
  sticky: readSticky,
  percent: readPercent,
  image: matching(
    /^(?=.{1,512}$)[a-z0-9]([-a-z0-9._]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]([-a-z0-9._]*[a-z0-9])?)*(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@sha256:[0-9a-f]{64})?$/,
    'is no image: write registry/name:tag or registry/name@sha256:digest',
  ),
  argv: readArgv,
  matchers: readMatchers,
}

/** readValue reads the text of an option by its kind. The text is trimmed and not empty. */
export function readValue<Kind extends OptionKind>(
  text: string,
  option: Option & { kind: Kind },
): Parsed<OptionValues[Kind]> {
  return readers[option.kind](text, option) as Parsed<OptionValues[Kind]>
}

function matching(shape: RegExp, wrong: string): (text: string) => Parsed<string> {
  return (text) => (shape.test(text) ? { value: text } : { wrong })
}

function readSteps(text: string): Parsed<number[]> {
  const shares: number[] = []
  for (const part of text.split(/[\s,]+/).filter(Boolean)) {
    const found = /^(\d{1,9})%?$/.exec(part)
    if (!found) {
      return { wrong: `has a step "${part}" that is not a whole number of percent: write e.g. 10,50,100` }
    }
    const share = Number(found[1])
    if (share < 1 || share > 100) return { wrong: `has the step ${share}: a share is from 1 to 100 percent` }
    const last = shares.at(-1)
    if (last !== undefined && share <= last) {
      return { wrong: `has ${share} after ${last}: each step must be above the one before` }
    }
    shares.push(share)
  }
  if (shares.length === 0) return { wrong: 'names no step: write e.g. 10,50,100' }
  if (shares.at(-1) !== 100) return { wrong: `ends at ${shares.at(-1)}: the last step must be 100` }
  return { value: shares }
}

function readPercent(text: string): Parsed<number> {
  const found = /^(\d{1,3}(?:\.\d{1,4})?)\s*%?$/.exec(text)
  const value = found ? Number(found[1]) : 0
  return value > 0 && value <= 100 ? { value } : { wrong: 'is not a percentage above 0, at most 100' }
}

function readDuration(text: string, option: Option, orElse = ''): Parsed<number> {
  const value = parseDuration(text)
  if (value === null) {
    const unit = /^\d+(\.\d+)?$/.test(text) ? `has no unit: write ${text}s or ${text}m` : 'is not a duration'
    return {
      wrong: `${unit === 'is not a duration' ? `${unit}: write e.g. 15s, 3m or 1h30m` : unit}${orElse}`,
    }
  }
  const least = parseDuration(option.least ?? '0') ?? 0
  const greatest = parseDuration(option.greatest ?? '') ?? Number.POSITIVE_INFINITY
  if (value < least) return { wrong: `is too short: at least ${formatDuration(least)}${orElse}` }
  if (value > greatest) return { wrong: `is too long: at most ${option.greatest}${orElse}` }
  return { value }
}

function readBoolean(text: string): Parsed<boolean> {
  if (/^(true|True|TRUE)$/.test(text)) return { value: true }
  if (/^(false|False|FALSE)$/.test(text)) return { value: false }
  return { wrong: 'is neither true nor false' }
}

function readEnum(text: string, option: Option): Parsed<string> {
  const allowed = option.allowed ?? []
  if (allowed.includes(text)) return { value: text }
  return { wrong: `is not one of: ${allowed.join(', ')}` }
}

function readInteger(text: string, option: Option): Parsed<number> {
  const least = Number(option.least ?? '0')
  const greatest = Number(option.greatest ?? Number.MAX_SAFE_INTEGER)
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= greatest) return { value }
  return { wrong: `is not a whole number from ${least} to ${greatest}` }
}

/** readRate reads a share of requests, `1%` or `0.01`, as 0–1, between the option's bounds where it has any. */
export function readRate(
  text: string,
  option: Pick<Option, 'least' | 'greatest' | 'example'>,
  orElse = '',
): Parsed<number> {
  const percent = /^(\d+(?:\.\d+)?|\.\d+)\s*%$/.exec(text)
  const bare = /^(\d+(?:\.\d+)?|\.\d+)(?:e-\d+)?$/i.test(text)
  const write = `write it as a percentage, e.g. ${option.example}, or as a fraction below 1, e.g. 0.01${orElse}`
  if (!percent && !bare) return { wrong: `is not a rate: ${write}` }
  const number = Number(percent ? percent[1] : text)
  if (!percent && number >= 1) {
    return { wrong: `is ambiguous: write ${number}% or ${number / 100}${orElse}` }
  }
  const value = percent ? Number((number / 100).toPrecision(15)) : number
  const least = rateBound(option.least, 0)
  const greatest = rateBound(option.greatest, 1)
  if (value < least || value > greatest || (value === 0 && !option.least)) {
    return { wrong: `is out of range: above ${option.least ?? '0'} and at most ${option.greatest ?? '100%'}` }
  }
  return { value }
}

function rateBound(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : Number((Number(text.replace('%', '')) / 100).toPrecision(15))
}

/** A Service behind the API server's proxy; no port means 9090. */
const servicePort = /^k8s:\/\/[a-z0-9-]+\/[a-z0-9-]+(:[a-z0-9-]+)?\/?(\?scheme=https?)?$/

function readUrl(text: string, option: Option): Parsed<string> {
  const schemes = option.name === 'prometheus-url' ? ['http:', 'https:', 'k8s:'] : ['http:', 'https:']
  const shown = schemes.map((scheme) => `${scheme}//`).join(', ')
  if (!URL.canParse(text)) return { wrong: `is not an address: it begins with one of ${shown}` }
  const url = new URL(text)
  if (!schemes.includes(url.protocol)) return { wrong: `is not an address of the kind ${shown}` }
  if (url.username !== '' || url.password !== '') {
    return {
      wrong: 'holds credentials: give them by options of their own, so that they stay out of logs',
      hide: true,
    }
  }
  if (url.protocol === 'k8s:') {
    if (servicePort.test(text)) return { value: text }
    return { wrong: 'names no Service: write k8s://<namespace>/<service>:<port>' }
  }
  if (url.search !== '' || url.hash !== '') return { wrong: 'has a "?" or "#": give the bare address' }
  return { value: text.replace(/\/+$/, '') }
}

/** The config file's reader has found every mistake with its place; this one reads the text that it passes on. */
function readGateText(text: string): Parsed<GateSpec[]> {
  const document = parseDocument(text, { prettyErrors: false })
  if (document.errors.length > 0 || document.contents === null) return { wrong: 'is not a list of gates' }
  try {
    return { value: readGates(document.contents, document) }
  } catch (error) {
    if (error instanceof ValueError) return { wrong: `is no list of gates: ${error.message}` }
    throw error
  }
}

function readHeaders(text: string): Parsed<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const line of text.split(/\r?\n/).filter((each) => each.trim() !== '')) {
    const found = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*([\x20-\x7e\x80-\xff]*?)\s*$/.exec(line)
    if (!found) return { wrong: 'has a line that is not a header: write "Name: value", one a line' }
    const name = found[1] as string
    if (Object.keys(headers).some((other) => other.toLowerCase() === name.toLowerCase())) {
      return { wrong: `names the header ${name} twice` }
    }
    headers[name] = found[2] as string
  }
  return { value: headers }
}
