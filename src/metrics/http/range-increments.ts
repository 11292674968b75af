import type { QueryResult, ResultSeries } from '../../release/evidence/query-source.ts'
import { lookback } from '../../release/promql.ts'
import type { PrometheusApi } from './api.ts'
import { seriesKey } from './query-result.ts'

/**
 * overlap is how much of what was answered is asked again, ms. A sample shows for `lookback`, and may come late by
 * retries of a scrape or of a remote write: what lies further back than both doesn't change any more.
 */
export const overlap = lookback + 60_000

/** longestGap is for how long an answer that ended (a store that lags behind, a series that is gone) is asked again, ms. */
const longestGap = 3_600_000

/** Most queries whose answers are kept; a release asks for a handful a gate. */
const maxKept = 256

/** KeptSeries is a series in columns: an eighth of the memory of pairs. */
interface KeptSeries {
  labels: ResultSeries['labels']
  times: readonly number[]
  values: readonly number[]
}

/** KeptRange is what a range query gave so far. */
interface KeptRange {
  /** Time of the last point at which the answer showed anything, ms. */
  answeredUntil: number
  series: ReadonlyMap<string, KeptSeries>
  warnings: readonly string[]
}

/** RangeMemory keeps the answers of range queries, by query, first point and step. */
type RangeMemory = Map<string, KeptRange>

interface Range {
  from: number
  until: number
  step: number
}

/** incrementFrom is the first point (ms) that must be asked for, beside what is kept. */
function incrementFrom(kept: KeptRange | undefined, { from, until, step }: Range): number {
  if (kept === undefined) return from
  const last = Math.min(kept.answeredUntil, until)
  return from + Math.max(0, Math.floor((last - overlap - from) / step)) * step
}

/** mergeIncrement puts an answer for the points from `asked` on in the place of what was kept of them. */
function mergeIncrement(
  kept: KeptRange | undefined,
  answer: QueryResult,
  asked: number,
  { until, step }: Range,
): KeptRange {
  const series = new Map<string, KeptSeries>()
  for (const [key, { labels, times, values }] of kept?.series ?? []) {
    const count = firstIndexFrom(times, asked - step / 2)
    if (count > 0) series.set(key, { labels, times: times.slice(0, count), values: values.slice(0, count) })
  }
  for (const { labels, samples } of answer.series) {
    const key = seriesKey(labels)
    const before = series.get(key)
    series.set(key, {
      labels,
      times: [...(before?.times ?? []), ...samples.map(([time]) => time)],
      values: [...(before?.values ?? []), ...samples.map(([, value]) => value)],
    })
  }
  let shownUntil = Number.NEGATIVE_INFINITY
  for (const { times } of series.values()) shownUntil = Math.max(shownUntil, times.at(-1) ?? shownUntil)
  return {
    answeredUntil: series.size === 0 ? until : Math.max(shownUntil, until - longestGap),
    series,
    warnings: [...new Set([...(kept?.warnings ?? []), ...answer.warnings])],
  }
}

/** firstIndexFrom is the index of the first of the ascending times that is not before `time`. */
function firstIndexFrom(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] as number) < time) low = middle + 1
    else high = middle
  }
  return low
}

/** toResult gives the series in the order of their labels, so that a fresh process sees them in the same. */
function toResult({ series, warnings }: KeptRange): QueryResult {
  const sorted = [...series].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    series: sorted.map(([, { labels, times, values }]) => ({
      labels,
      samples: times.map((time, index): [number, number] => [time, values[index] as number]),
    })),
    warnings: [...warnings],
  }
}

/**
 * What makes a query's value at one point depend on the other points that are asked for, or on later samples: then only
 * the whole is the same as the whole. The last line is MetricsQL's (VictoriaMetrics).
 */
const readsBeyondPoint = new RegExp(
  [
    '@',
    'offset\\s*[^\\s\\d]',
    '\\b(start|end|range)\\s*\\(',
    '\\b(range_\\w+|running_\\w+|keep_\\w+|interpolate|smooth_exponential|(top|bottom)k_\\w+|outliers\\w*)\\b',
  ].join('|'),
  'i',
)

/**
 * incrementalRanges is an API whose range queries ask only for what they don't know yet, and `overlap` before it. The
 * result is that of one whole query, as long as samples come late by no more than `overlap`. A fresh memory asks for
 * the whole once. A failed query changes nothing of what is kept.
 */
export function incrementalRanges(api: PrometheusApi, memory: RangeMemory): PrometheusApi {
  return {
    ...api,
    async range(query, from, until, step, signal) {
      if (readsBeyondPoint.test(query) || until < from) return api.range(query, from, until, step, signal)
      const key = JSON.stringify([query, from, step])
      const kept = memory.get(key)
      const asked = incrementFrom(kept, { from, until, step })
      const answer = await api.range(query, asked, until, step, signal)
      const merged = mergeIncrement(kept, answer, asked, { from, until, step })
      remember(memory, key, merged)
      return toResult(merged)
    },
  }
}

function remember(memory: RangeMemory, key: string, merged: KeptRange): void {
  // last in a Map is what was set last: the first is what was asked for longest ago
  memory.delete(key)
  memory.set(key, merged)
  const oldest = memory.keys().next().value
  if (memory.size > maxKept && oldest !== undefined) memory.delete(oldest)
}
