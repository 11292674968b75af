import type { CountSeries, CountSource } from '../../../release/evidence/counts.ts'
import type { LatencyView } from '../../../release/evidence/gate-evidence.ts'
import { type Grid, gridUntil, timeAt } from '../../../release/evidence/grid.ts'
import type { QueryResult } from '../../../release/evidence/query-source.ts'
import { isFailure } from '../../../release/failure.ts'
import type { SideName } from '../../../release/gates.ts'
import { checkLabelName, rangeOf, selector } from '../../../release/promql.ts'
import { sideOfSeries } from '../../counting/classes.ts'
import { type CountingInput, countRequests, noFollowUpAnswers } from '../../counting/counting.ts'
import type { PrometheusApi } from '../../http/api.ts'
import { heldSeries, hostMatchers, startsQuery } from '../../istio-queries.ts'
import type { CountsQuery } from '../../request-counter.ts'

/**
 * Native histograms keep every bucket in one series, under the name without `_bucket`. Their buckets can't be selected, so a
 * threshold is judged as it is, at what Prometheus interpolates within one bucket.
 */
const nativeMetric = 'istio_request_duration_milliseconds'

/** DurationSide is whose durations are looked at, as which reporter saw them. */
interface Durations {
  host: string
  source: CountSource
}

function seriesOf({ host, source }: Durations): string {
  // as for classic buckets: a request without an answer (code 0) has no duration that anybody waited for to the end
  const answered = { label: 'response_code', op: '!=', value: '0' } as const
  return selector(nativeMetric, [...hostMatchers({ reporter: source.reporter, host }), answered])
}

/** nativeQueries: all requests, and those within `bound` ms, per scrape target and version. */
export function nativeQueries(of: Durations, bound: number): { any: string; quick: string } {
  const series = heldSeries(seriesOf(of))
  const by = `instance, pod, ${checkLabelName(of.source.label)}`
  const counted = `histogram_count(${series})`
  // an empty histogram has no share: NaN, which no comparison lets through
  const within = `(${counted} * histogram_fraction(0, ${bound}, ${series})) >= 0`
  return { any: `sum by (${by}) (${counted})`, quick: `sum by (${by}) (${within})` }
}

/** hasNative tells whether a host's durations are there as native histograms; a store that knows none has none. */
export async function hasNative(
  api: PrometheusApi,
  of: Durations & { until: number },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const found = await api.instant(`count(histogram_count(${seriesOf(of)}))`, of.until, signal)
    return found.series.some(({ samples }) => (samples.at(-1)?.[1] ?? 0) > 0)
  } catch (error) {
    if (isFailure(error, 'bad-query')) return false
    throw error
  }
}

/**
 * fetchNativeInput fetches native histograms on a grid as if they were two buckets. Their raw samples hold no numbers that
 * could be followed between the points of the grid: a restart is known by the start times, and counts by what the grid shows.
 */
export async function fetchNativeInput(
  api: PrometheusApi,
  grid: Grid,
  of: Durations & { bound: number },
  known: Pick<CountingInput, 'podBirths' | 'expectedRate'>,
  signal: AbortSignal,
): Promise<CountingInput> {
  const series = seriesOf(of)
  const { any, quick } = nativeQueries(of, of.bound)
  const ask = (query: string) => api.range(query, grid.start, timeAt(grid, grid.last), grid.interval, signal)
  const [all, within, proxyStarts, processStarts] = await Promise.all([
    ask(any),
    ask(quick),
    ask(startsQuery('proxy', [series])),
    ask(startsQuery('process', [series])),
  ])
  const requests: QueryResult = {
    series: [...asBucket(all, '+Inf'), ...asBucket(within, String(of.bound))],
    warnings: [...all.warnings, ...within.warnings],
  }
  return {
    ...known,
    grid,
    scheme: { ...of.source, by: 'speed' },
    requests,
    unreached: [],
    proxyStarts,
    processStarts,
    heartbeat: { series: [], warnings: [] },
    followUpAnswers: noFollowUpAnswers(),
  }
}

/** nativeCountsOf counts as bad the requests over `bound` ms, by native histograms. */
export async function nativeCountsOf(
  api: PrometheusApi,
  { host, source, podBirths, expectedRate = null, ...query }: CountsQuery,
  bound: number,
  signal: AbortSignal,
): Promise<CountSeries> {
  const grid = gridUntil(query.start, query.until, query.interval)
  const known = { podBirths, expectedRate }
  return countRequests(await fetchNativeInput(api, grid, { host, source, bound }, known, signal)).series
}

/** Interpolated counts are no whole numbers; those of one bound only rise while its buckets stay. */
function asBucket({ series }: QueryResult, le: string): QueryResult['series'] {
  return series.map(({ labels, samples }) => ({
    labels: { ...labels, le },
    samples: samples.map(([time, value]) => [time, Math.round(value)] as const),
  }))
}

/** Over how long quantiles are taken, ms. */
const window = 300_000
const shares = [0.5, 0.95, 0.99] as const

/** nativeQuantiles gives how long requests took over the last minutes, for people. */
export async function nativeQuantiles(
  api: PrometheusApi,
  of: Durations & { until: number },
  signal: AbortSignal,
): Promise<LatencyView> {
  if (!(await hasNative(api, of, signal))) return { canary: null, stable: null }
  const { source, until } = of
  const risen = `sum by (${checkLabelName(source.label)}) (increase(${seriesOf(of)}[${rangeOf(window)}]))`
  const answers = await Promise.all(
    shares.map((share) => api.instant(`histogram_quantile(${share}, ${risen})`, until, signal)),
  )
  const side = (name: SideName): LatencyView[SideName] => {
    const [p50, p95, p99] = answers.map(
      ({ series }) => series.find(({ labels }) => sideOfSeries(labels, source) === name)?.samples.at(-1)?.[1],
    )
    const known = (value: number | undefined): value is number =>
      value !== undefined && Number.isFinite(value)
    return known(p50) && known(p95) && known(p99) ? [p50, p95, p99] : null
  }
  return { canary: side('canary'), stable: side('stable') }
}
