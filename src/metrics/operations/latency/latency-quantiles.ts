import type { LatencyView } from '../../../release/evidence/gate-evidence.ts'
import type { QueryResult } from '../../../release/evidence/query-source.ts'
import type { SideName } from '../../../release/gates.ts'
import { checkLabelName, rangeOf, selector } from '../../../release/promql.ts'
import { type ClassScheme, sideOfSeries } from '../../counting/classes.ts'
import { hostMatchers } from '../../istio-queries.ts'
import { durationMetric } from './latency-bounds.ts'

/** Over how long quantiles are taken, ms. */
const window = 300_000

/** bucketsQuery: how many requests each bucket got lately, by the label that separates versions. */
export function bucketsQuery(host: string, reporter: 'source' | 'destination', label: string): string {
  const series = selector(durationMetric, hostMatchers({ reporter, host }))
  return `sum by (le, ${checkLabelName(label)}) (increase(${series}[${rangeOf(window)}]))`
}

/** latencyView estimates quantiles within buckets, linearly, as Prometheus does. For information alone. */
export function latencyView(answer: QueryResult, scheme: ClassScheme): LatencyView {
  const of = (side: SideName): LatencyView[SideName] => {
    const rising = bucketsOf(answer.series.filter(({ labels }) => sideOfSeries(labels, scheme) === side))
    if (!((rising.at(-1)?.[1] ?? 0) > 0)) return null
    return [latencyQuantile(rising, 0.5), latencyQuantile(rising, 0.95), latencyQuantile(rising, 0.99)]
  }
  return { canary: of('canary'), stable: of('stable') }
}

/** bucketsOf adds up the last count of each bucket, by its bound. */
function bucketsOf(series: QueryResult['series']): [bound: number, count: number][] {
  const buckets = new Map<number, number>()
  for (const { labels, samples } of series) {
    const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
    const count = samples.at(-1)?.[1] ?? 0
    if (Number.isFinite(count)) buckets.set(bound, (buckets.get(bound) ?? 0) + count)
  }
  return [...buckets].sort(([a], [b]) => a - b)
}

/** latencyQuantile of cumulative buckets, rising; above the last finite bound nothing more can be said than that bound. */
export function latencyQuantile(
  buckets: readonly (readonly [bound: number, count: number])[],
  share: number,
): number {
  const wanted = share * (buckets.at(-1)?.[1] ?? 0)
  let [low, below] = [0, 0]
  for (const [bound, count] of buckets) {
    if (count >= wanted) {
      if (!Number.isFinite(bound)) return low
      return count > below ? low + ((bound - low) * (wanted - below)) / (count - below) : bound
    }
    low = bound
    below = count
  }
  return low
}
