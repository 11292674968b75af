import type { LabelMatcher } from '../../release/promql.ts'
import type { OptionCodec, ParseResult } from './codec.ts'

const most = 20
const write = 'write e.g. cluster="prod",replica!="b"'
const shape = /^\s*([a-zA-Z_][a-zA-Z0-9_]{0,127})\s*(=~|!~|!=|=)\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)/

/** readMatchers reads PromQL label matchers, with commas between, in braces or without. */
function readMatchers(text: string): ParseResult<LabelMatcher[]> {
  const matchers: LabelMatcher[] = []
  let rest = text.trim().replace(/^\{(.*)\}$/s, '$1')
  while (rest.trim() !== '') {
    const found = shape.exec(rest)
    if (!found) return { wrong: `is no list of label matchers: ${write}` }
    const [whole, label = '', op = '=', quoted = ''] = found
    if (label === '__name__') return { wrong: 'names a metric: only labels can be matched' }
    const value = quoted.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    matchers.push({ label, op: op as LabelMatcher['op'], value })
    rest = rest.slice(whole.length)
  }
  if (matchers.length === 0) return { wrong: `names no label: ${write}` }
  return matchers.length > most ? { wrong: `holds more than ${most} matchers` } : { value: matchers }
}

/** matchers is the codec of label matchers. */
export const matchers: OptionCodec<LabelMatcher[]> = {
  fromText: readMatchers,
  schema: () => ({ type: 'string', minLength: 1 }),
}
