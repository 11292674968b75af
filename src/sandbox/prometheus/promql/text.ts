import { PromqlError } from './error.ts'

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
}

/** durationMs reads a Prometheus duration (`5m`, `1h30m`); null for anything else. */
export function durationMs(text: string): number | null {
  if (!/^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/.test(text)) return null
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    total += Number(amount) * (unitMs[unit as string] as number)
  }
  return total > 0 ? total : null
}

/** numberOf reads a number literal with its sign (decimal, hexadecimal, Inf, NaN); null for anything else. */
export function numberOf(text: string): number | null {
  if (/^[+-]/.test(text)) {
    const rest = numberOf(text.slice(1).trimStart())
    return rest !== null && text.startsWith('-') ? -rest : rest
  }
  const plain = text.toLowerCase()
  if (plain === 'nan') return Number.NaN
  if (plain === 'inf') return Number.POSITIVE_INFINITY
  if (/^0x[0-9a-f]+$/.test(plain)) return Number.parseInt(plain, 16)
  return /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain) ? Number(plain) : null
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** stringOf reads a string literal in its quotes, with Go's escapes; backticks have none. */
export function stringOf(literal: string): string {
  const body = literal.slice(1, -1)
  if (literal.startsWith('`')) return body
  return body.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[\s\S])/g,
    (_whole, code: string) => {
      if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16))
      if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8))
      const plain = escapes[code]
      if (plain === undefined)
        throw new PromqlError('bad_data', `1:1: parse error: unknown escape sequence \\${code}`)
      return plain
    },
  )
}

/**
 * anchored compiles an RE2 expression as Prometheus does, matching whole values. What RE2 doesn't know
 * (lookaround, backreferences) is refused, as it would be.
 */
export function anchored(expression: string, kind: PromqlError['type'] = 'bad_data'): RegExp {
  const place = kind === 'bad_data' ? '1:1: parse error: ' : ''
  const refuse = (why: string): PromqlError =>
    new PromqlError(kind, `${place}error parsing regexp: ${why}: \`${expression}\``)
  if (/\(\?(?:[=!]|<[=!])/.test(expression)) throw refuse('invalid or unsupported Perl syntax')
  if (/(?:^|[^\\])(?:\\\\)*\\[1-9]/.test(expression)) throw refuse('invalid escape sequence')
  const [, flags = '', rest = expression] = /^\(\?([ims]+)\)([\s\S]*)$/.exec(expression) ?? []
  try {
    return new RegExp(`^(?:${rest.replaceAll('(?P<', '(?<')})$`, flags)
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error))
  }
}

/** goFloat writes a number as Go's 'f' format does, the shortest that reads back the same, never with an exponent. */
export function goFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const text = String(value)
  const [, sign = '', whole = '0', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? []
  if (exponent === undefined) return text
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
