import type { QueryResult } from '../../../release/evidence/query-source.ts'
import { type LabelMatcher, literal, rangeOf, selector } from '../../../release/promql.ts'
import { hostMatchers } from '../../istio-queries.ts'

export const durationMetric = 'istio_request_duration_milliseconds_bucket'

/** boundsQuery: the bounds of the histogram of a host's durations, as its proxies have them. */
export function boundsQuery(host: string, reporter: 'source' | 'destination', ms: number): string {
  return `count by (le) (last_over_time(${selector(durationMetric, hostMatchers({ reporter, host }))}[${rangeOf(ms)}]))`
}

/** boundsOf reads the finite bounds, in ms, rising. Prometheus 3 writes `250.0` where 2 writes `250`. */
export function boundsOf(answer: QueryResult): number[] {
  const bounds = answer.series
    .map(({ labels }) => Number(labels.le))
    .filter((bound) => Number.isFinite(bound))
  return [...new Set(bounds)].sort((a, b) => a - b)
}

/**
 * snapBound picks the bound that a threshold in ms is judged at: the nearest by ratio, the larger one on a tie;
 * null where there are none. Between bounds a histogram knows nothing, so the answer must be shown to people.
 */
export function snapBound(bounds: readonly number[], threshold: number): number | null {
  const distance = (bound: number) => Math.abs(Math.log(bound / threshold))
  const positive = bounds.filter((bound) => bound > 0)
  return positive.reduce<number | null>(
    (best, bound) => (best === null || distance(bound) <= distance(best) ? bound : best),
    null,
  )
}

/** boundPattern matches, as RE2, a bucket's bound as Prometheus 2 or 3 writes it. */
export function boundPattern(bound: number): string {
  return literal(String(bound)) + (Number.isInteger(bound) ? '(\\.0)?' : '')
}

/**
 * durationMatchers select the buckets at some bounds and at infinity. Requests that got no answer (code 0) have no
 * duration that anybody waited for to the end: the errors gate counts them.
 */
export function durationMatchers(
  host: string,
  reporter: 'source' | 'destination',
  ...bounds: readonly number[]
): LabelMatcher[] {
  return [
    ...hostMatchers({ reporter, host }),
    { label: 'response_code', op: '!=', value: '0' },
    { label: 'le', op: '=~', value: [...bounds.map(boundPattern), '\\+Inf'].join('|') },
  ]
}
