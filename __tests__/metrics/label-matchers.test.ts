import { describe, expect, test } from '@jest/globals'
import { parser } from '@prometheus-io/lezer-promql'
import { addMatchers } from '../../src/metrics/http/label-matchers.ts'
import { sumPerTarget } from '../../src/metrics/istio-queries.ts'
import { heartbeatQuery } from '../../src/release/promql.ts'

const matchers = [
  { label: 'cluster', op: '=', value: 'eu"1' },
  { label: 'tenant', op: '=~', value: 'a|b' },
] as const
const added = 'cluster="eu\\"1",tenant=~"a|b"'

/** selectorsOf lists the texts of a query's selectors, as the grammar of PromQL finds them. */
function selectorsOf(query: string): string[] {
  const found: string[] = []
  parser.parse(query).iterate({
    enter: (node) => {
      if (node.type.isError) throw new Error(`no PromQL at ${node.from}: ${query}`)
      if (node.name === 'VectorSelector') found.push(query.slice(node.from, node.to))
    },
  })
  return found
}

describe('label matchers in every selector', () => {
  test.each<[query: string, selectors: number]>([
    ['up', 1],
    [heartbeatQuery, 1],
    ['vector(1)', 0],
    ['1e3 + 0x1F * Inf - NaN', 0],
    [sumPerTarget('istio_requests_total{reporter="source"}', ['pod']), 2],
    ['rate(http_requests_total[5m]) / ignoring (code) group_left (env) rate(b{}[5m:30s] offset 1h)', 2],
    ['sum without (a, up) (c) > bool 1 and on (instance) d unless e', 3],
    ['sum(a) by (b) / count by(c)(d)', 2],
    ['topk by (job) (3, {__name__=~"a.*", b!="}"})', 1],
    ["histogram_quantile(0.9, sum by (le) (rate(x_bucket{a='y{z', b=`w`}[1m] @ end())))", 1],
    ['label_replace(up, "a", "$1", "b", "(.*)")', 1],
    ['job:errors:rate5m{a="b",} # up\n + up', 2],
    ['sum(max_over_time((rate(a[1m]))[5m:1m]))', 1],
    ['quantile(0.5, a) * -b ^ 2', 2],
    ['by_total + on_total', 2],
  ])('%s', (query, count) => {
    const result = addMatchers(query, matchers)
    const selectors = selectorsOf(result)
    expect(selectors).toHaveLength(count)
    expect(selectorsOf(query)).toHaveLength(count)
    for (const one of selectors) expect(one).toContain(added)
    expect(result.replaceAll(`{${added}}`, '').replaceAll(`${added},`, '').replaceAll(added, '')).toBe(
      query.replaceAll('{}', result.includes('{}') ? '{}' : ''),
    )
  })

  test('none leaves a query as it is', () => {
    expect(addMatchers('up', [])).toBe('up')
  })
})
