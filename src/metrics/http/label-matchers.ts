import { checkLabelName, type LabelMatcher, quoted } from '../../release/promql.ts'
import type { PrometheusApi } from './api.ts'

/** Words of PromQL that are no metric, wherever a metric could stand. */
const words = new Set(
  'and or unless atan2 by without on ignoring group_left group_right bool offset inf nan start end'.split(
    ' ',
  ),
)
/** After these, parentheses hold names of labels. */
const labelLists = new Set('by without on ignoring group_left group_right'.split(' '))

/** One token: a string, a comment, white space, a name, a number or duration, or any other character. */
const token =
  /"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|`[^`]*`|#[^\n]*|\s+|[a-zA-Z_:][a-zA-Z0-9_:]*|[0-9](?:[eE][+-]?[0-9]|[a-zA-Z0-9_.])*|[\s\S]/g

/**
 * addMatchers adds label conditions to every selector of a PromQL query. What is no PromQL comes back changed or not:
 * Prometheus refuses it either way.
 */
export function addMatchers(query: string, matchers: readonly LabelMatcher[]): string {
  if (matchers.length === 0) return query
  const conditions = matchers
    .map(({ label, op, value }) => `${checkLabelName(label)}${op}${quoted(value)}`)
    .join(',')
  const tokens = query.match(token) ?? []
  const isSpace = (text: string | undefined) => text !== undefined && /^(\s|#)/.test(text)
  const after = (from: number) => {
    let next = from + 1
    while (isSpace(tokens[next])) next += 1
    return next
  }
  const written: string[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const text = tokens[at] as string
    written.push(text)
    const next = after(at)
    if (text === '{') {
      const empty = tokens[next] === '}'
      written.push(`${conditions}${empty ? '' : ','}`)
      at = copyUntil('}', tokens, at, written)
    } else if (text === '[') {
      at = copyUntil(']', tokens, at, written)
    } else if (labelLists.has(text.toLowerCase()) && tokens[next] === '(') {
      at = copyUntil(')', tokens, at, written)
    } else if (isMetric(text, tokens[next])) {
      written.push(`{${conditions}}`)
    }
  }
  return written.join('')
}

function isMetric(text: string, next: string | undefined): boolean {
  if (!/^[a-zA-Z_:]/.test(text) || words.has(text.toLowerCase())) return false
  return next !== '(' && next !== '{' && !isAggregation(text, next)
}

/** `sum by (…) (…)`: the name of an aggregation stands before its list of labels. */
function isAggregation(text: string, next: string | undefined): boolean {
  return /^[a-z_0-9]+$/.test(text) && (next === 'by' || next === 'without')
}

/** copyUntil writes everything up to a closing character, and gives the place of that. */
function copyUntil(closing: string, tokens: readonly string[], from: number, written: string[]): number {
  let at = from
  while (at + 1 < tokens.length && tokens[at] !== closing) {
    at += 1
    written.push(tokens[at] as string)
  }
  return at
}

/** withMatchers is an API whose every query has the conditions in every selector. */
export function withMatchers(api: PrometheusApi, matchers: readonly LabelMatcher[]): PrometheusApi {
  if (matchers.length === 0) return api
  return {
    ...api,
    instant: (query, at, signal) => api.instant(addMatchers(query, matchers), at, signal),
    range: (query, from, until, step, signal) =>
      api.range(addMatchers(query, matchers), from, until, step, signal),
  }
}
