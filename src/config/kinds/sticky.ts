import { isMap, isScalar, type Node } from 'yaml'
import type { StickyChoice } from '../../release/settings.ts'
import { parseDuration } from '../../release/text/duration.ts'
import { nodeOffset } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'
import type { OptionCodec, ParseResult } from './codec.ts'

const day = 86_400_000
const longest = 30 * day
const write = 'write cookie, cookie=NAME or cookie=NAME,max-age=1h'
const noHash =
  "can't be a consistent hash: Istio draws the version by weight before it hashes, so users would still meet both; write cookie"

const text = {
  type: 'string',
  pattern: '^cookie(=[^,=;\\s]+)?(\\s*,\\s*(max-age|from)=[^,]+)*$',
}

/** stickySchema describes `sticky`, of its own or of a step. */
export const stickySchema = {
  anyOf: [
    {
      type: 'object',
      additionalProperties: false,
      required: ['cookie'],
      properties: { cookie: { type: 'string' }, 'max-age': { type: 'string' } },
    },
    text,
  ],
}

/** sticky reads how users are kept: `cookie` or `cookie=NAME`, then `max-age=1h` and `from=10` (percent). */
export const sticky: OptionCodec<StickyChoice> = {
  fromText,
  fromYaml: (node) => ({ value: readStickyNode(node) }),
  schema: () => stickySchema,
}

function fromText(given: string): ParseResult<StickyChoice> {
  if (/^consistent-?hash/i.test(given)) return { wrong: noHash }
  const fields = new Map<string, string>()
  for (const part of given.split(',').map((each) => each.trim())) {
    const [key = '', ...rest] = part.split('=')
    if (fields.has(key)) return { wrong: `gives ${key} twice` }
    fields.set(key, rest.join('='))
  }
  return toSticky(fields)
}

/**
 * readStickyNode reads a map such as `{cookie: canary, max-age: 1h}`, or the same as a text. `offset` is the place of
 * mistakes in a node that has none, `label` begins them. It throws ValueError.
 */
export function readStickyNode(node: Node | null, offset = nodeOffset(node), label = ''): StickyChoice {
  const given = scalar(node)
  const result = isMap(node)
    ? toSticky(new Map(node.items.map((item) => field(item as Field, offset))))
    : given === null
      ? { wrong: `is no text and no map: ${write}` }
      : fromText(given)
  if ('wrong' in result) throw new ValueError(offset, `${label}${result.wrong}`)
  return result.value
}

function toSticky(fields: ReadonlyMap<string, string>): ParseResult<StickyChoice> {
  const unknown = [...fields.keys()].find((key) => !['cookie', 'max-age', 'from'].includes(key))
  if (unknown !== undefined) return { wrong: `knows no "${unknown.slice(0, 40)}": ${write}` }
  const cookie = fields.get('cookie')
  if (cookie === undefined) return { wrong: `names no cookie: ${write}` }
  if (cookie !== '' && !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(cookie))
    return { wrong: `has a cookie name with other characters than letters, digits and -_.: ${write}` }
  // Browsers drop cookies of these names that lack “Secure”, and inside a mesh there is no TLS to ask for.
  if (/^__(host|secure)-/i.test(cookie))
    return { wrong: 'has a cookie name that browsers keep for “Secure” ones' }
  const maxAge = parseDuration(fields.get('max-age') ?? '24h')
  if (maxAge === null || maxAge < 1000 || maxAge > longest || maxAge % 1000 !== 0)
    return { wrong: 'has a max-age that is no duration from 1s to 30d in whole seconds' }
  const from = fields.get('from') ?? '0'
  if (!/^\d{1,2}$/.test(from)) return { wrong: 'begins at a share that is no whole number below 100' }
  return { value: { cookie: cookie === '' ? null : cookie, maxAge, from: Number(from) } }
}

interface Field {
  key: Node
  value: Node | null
}

function field({ key, value }: Field, offset: number): [string, string] {
  const given = scalar(value)
  if (isScalar(key) && given !== null) return [String(key.value), given]
  throw new ValueError(nodeOffset(key) || offset, 'expected e.g. {cookie: canary, max-age: 1h}')
}

function scalar(node: Node | null): string | null {
  if (node === null) return ''
  return isScalar(node) ? String(node.value ?? '').trim() : null
}
