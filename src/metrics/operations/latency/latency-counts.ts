import { calibrate } from '../../../release/evidence/calibration.ts'
import type { Calibration, CountSource } from '../../../release/evidence/counts.ts'
import type { LatencyView } from '../../../release/evidence/gate-evidence.ts'
import { alignedGrid, type Grid } from '../../../release/evidence/grid.ts'
import { type ClassScheme, classLabelsOf } from '../../counting/classes.ts'
import { countRequests, countTargets } from '../../counting/counting.ts'
import type { SeriesSelection } from '../../counting/fetch.ts'
import { historyOf } from '../../counting/history.ts'
import type { PrometheusApi } from '../../http/api.ts'
import type {
  BaselineQuery,
  BoundsQuery,
  LatencyBounds,
  LatencyCounts,
  LatencyQuery,
} from '../../request-counter.ts'
import { countGrid, fetchCountingInput, type MetricsSource } from '../counting-input.ts'
import { boundsOf, boundsQuery, durationMatchers, durationMetric, snapBound } from './latency-bounds.ts'
import { bucketsQuery, latencyView } from './latency-quantiles.ts'
import { fetchNativeInput, hasNative, nativeCountsOf, nativeQuantiles } from './native-latency.ts'

/** How far back a histogram's bounds are looked for, ms. */
const boundsTime = 3_600_000

/** latencyBoundsOf gives the bounds of a host's histogram and the nearest to a threshold; null without a histogram. */
export async function latencyBoundsOf(
  api: PrometheusApi,
  { host, source, until, threshold }: BoundsQuery,
  signal: AbortSignal,
): Promise<LatencyBounds | null> {
  const bounds = boundsOf(await api.instant(boundsQuery(host, source.reporter, boundsTime), until, signal))
  const bound = snapBound(bounds, threshold)
  if (bound !== null) return { bound, bounds }
  // a native histogram knows every threshold
  return (await hasNative(api, { host, source, until }, signal)) ? { bound: threshold, bounds: [] } : null
}

/** latencyCountsOf counts as bad the requests over the bound nearest to a threshold; null without a histogram. */
export async function latencyCountsOf(
  from: MetricsSource,
  query: LatencyQuery,
  signal: AbortSignal,
): Promise<LatencyCounts | null> {
  const { host, source } = query
  const found = await latencyBoundsOf(from.api, query, signal)
  if (found === null || query.until < query.start) return null
  if (isNative(found)) {
    return { ...found, series: await nativeCountsOf(from.polled, query, found.bound, signal) }
  }
  const scheme: ClassScheme = { ...source, by: 'speed' }
  const selection = durationSelection(host, source.reporter, found.bound, scheme)
  const input = await fetchCountingInput(from, query, scheme, selection, signal)
  return { ...found, series: countRequests(input).series }
}

/** latencyCalibrationOf is how often stable's pods were slower than `bound` ms before the release; null: never seen. */
export async function latencyCalibrationOf(
  api: PrometheusApi,
  query: BaselineQuery & { bound: number },
  signal: AbortSignal,
): Promise<Calibration | null> {
  const grid = alignedGrid(query.from, query.until, query.interval)
  const scheme: ClassScheme = { ...query.source, by: 'speed' }
  // as for errors, only a pod's own proxy knows which pod answered
  const selection = durationSelection(query.host, 'destination', query.bound, scheme)
  const classic = await countGrid(api, grid, selection, scheme, signal)
  const isClassic = classic.counted.length > 0 || !(await hasNative(api, query, signal))
  const { counted, classes } = isClassic ? classic : await countNative(api, grid, query, signal)
  const sums = calibrate(historyOf(grid, counted, classes))
  return sums.n > 0 ? sums : null
}

/** latencyQuantilesOf estimates how long requests took over the last minutes, for people. */
export async function latencyQuantilesOf(
  api: PrometheusApi,
  query: { host: string; source: CountSource; until: number },
  signal: AbortSignal,
): Promise<LatencyView> {
  const { host, source, until } = query
  const buckets = await api.instant(bucketsQuery(host, source.reporter, source.label), until, signal)
  return buckets.series.length > 0 ? latencyView(buckets, source) : nativeQuantiles(api, query, signal)
}

/** Classic histograms have bounds, native ones need none. */
function isNative({ bounds }: LatencyBounds): boolean {
  return bounds.length === 0
}

async function countNative(
  api: PrometheusApi,
  grid: Grid,
  { host, source, bound }: BaselineQuery & { bound: number },
  signal: AbortSignal,
) {
  const known = { podBirths: {}, expectedRate: null }
  const of = { host, source: { ...source, reporter: 'destination' as const }, bound }
  return countTargets(await fetchNativeInput(api, grid, of, known, signal))
}

function durationSelection(
  host: string,
  reporter: CountSource['reporter'],
  bound: number,
  scheme: ClassScheme,
): SeriesSelection {
  const requests = durationMatchers(host, reporter, bound)
  return { metric: durationMetric, requests, unreached: [], by: classLabelsOf(scheme) }
}
