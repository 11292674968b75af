import { isMap, isScalar, type Node } from 'yaml'
import type { StickyChoice } from '../../release/settings.ts'
import { parseDuration } from '../../release/text/duration.ts'
import { ValueError } from '../yaml/value-error.ts'

const day = 86_400_000
const longest = 30 * day
const write = 'write cookie, cookie=NAME or cookie=NAME,max-age=1h'
const noHash =
  "can't be a consistent hash: Istio draws the version by weight before it hashes, so users would still meet both; write cookie"

/** readSticky reads how users are kept: `cookie` or `cookie=NAME`, then `max-age=1h` and `from=10` (percent). */
export function readSticky(text: string): { value: StickyChoice } | { wrong: string } {
  if (/^consistent-?hash/i.test(text)) return { wrong: noHash }
  const fields = new Map<string, string>()
  for (const part of text.split(',').map((each) => each.trim())) {
    const [key = '', ...rest] = part.split('=')
    if (!['cookie', 'max-age', 'from'].includes(key))
      return { wrong: `knows no "${key.slice(0, 40)}": ${write}` }
    if (fields.has(key)) return { wrong: `gives ${key} twice` }
    fields.set(key, rest.join('='))
  }
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

/**
 * stickyText writes the file's `{cookie: canary, max-age: 1h}` in the one-line form; `at` is the place of mistakes,
 * which `label` begins. It throws PlacedMistake at the first mistake.
 */
export function stickyText(value: Node | null, at: number, label = ''): string {
  const text = isMap(value)
    ? value.items.map((item) => fieldText(item as Field, at)).join(',')
    : scalar(value)
  const read = text === null ? { wrong: `is no text and no map: ${write}` } : readSticky(text)
  if ('wrong' in read) throw new ValueError(at, `${label}${read.wrong}`)
  return text as string
}

interface Field {
  key: Node
  value: Node | null
}

function fieldText({ key, value }: Field, place: number): string {
  const at = key.range?.[0] ?? place
  const text = scalar(value)
  if (!isScalar(key) || text === null || text.includes(','))
    throw new ValueError(at, 'expected e.g. {cookie: canary, max-age: 1h}')
  return text === '' ? String(key.value) : `${key.value}=${text}`
}

function scalar(node: Node | null): string | null {
  if (node === null) return ''
  return isScalar(node) ? String(node.value ?? '').trim() : null
}
