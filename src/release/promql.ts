import { Failure } from './failure.ts'

/** lookback is how far a sample may lie back and still show: Prometheus' own default, 5 minutes, in ms. */
export const lookback = 300_000

/** heartbeatQuery: one series that is there whenever Prometheus scraped anything at all. */
export const heartbeatQuery = 'count(up)'

/** LabelMatcher is one label condition of a selector. Its value is plain text for `=` and `!=`, RE2 for the others. */
export interface LabelMatcher {
  label: string
  op: '=' | '!=' | '=~' | '!~'
  value: string
}

/** checkLabelName lets a label's name through; throws Failure `invalid-input` for anything PromQL couldn't hold. */
export function checkLabelName(text: string): string {
  if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text) && text.length <= 128) return text
  throw new Failure('invalid-input', `'${printable(text)}' is not the name of a metric label`, {
    details: { field: 'label', value: printable(text), allowed: 'letters, digits, _; no digit first' },
  })
}

/** checkMetricName lets a metric's name through; throws Failure `invalid-input` otherwise. */
function checkMetricName(text: string): string {
  if (/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(text) && text.length <= 256) return text
  throw new Failure('invalid-input', `'${printable(text)}' is not the name of a metric`, {
    details: { field: 'metric', value: printable(text), allowed: 'letters, digits, _ and :; no digit first' },
  })
}

/** quoted writes a text as a PromQL string. Throws Failure `invalid-input` where it is too long for a label. */
export function quoted(text: string): string {
  if (text.length > 4096) {
    throw new Failure('invalid-input', 'a label value of more than 4096 characters does not fit a query')
  }
  const escapes: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
  const body = text.replace(/[\\"\p{Cc}\u2028\u2029]/gu, (found) => {
    return escapes[found] ?? `\\u${found.codePointAt(0)?.toString(16).padStart(4, '0')}`
  })
  return `"${body}"`
}

/** literal escapes a text so that an RE2 matcher matches exactly it. */
export function literal(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')
}

/** anyOf is an RE2 pattern that matches any of the given texts, and nothing where there are none. */
export function anyOf(texts: readonly string[]): string {
  return texts.map(literal).join('|')
}

/** selector writes `metric{label="value",…}`. */
export function selector(metric: string, matchers: readonly LabelMatcher[]): string {
  return `${checkMetricName(metric)}${namelessSelector(matchers)}`
}

/** namelessSelector writes `{label="value",…}`, where the metric's name is a condition too, or none. */
export function namelessSelector(matchers: readonly LabelMatcher[]): string {
  const inside = matchers.map(({ label, op, value }) => `${checkLabelName(label)}${op}${quoted(value)}`)
  return `{${inside.join(',')}}`
}

/** rangeOf writes a range of whole milliseconds as PromQL does. */
export function rangeOf(ms: number): string {
  const whole = Math.max(1, Math.round(ms))
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`
}

/** podPattern matches, as RE2, the names that Kubernetes gives to the pods of a Deployment. */
export function podPattern(workload: string): string {
  return `${literal(workload)}-[a-z0-9]{1,10}-[a-z0-9]{5}`
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 120)
}
