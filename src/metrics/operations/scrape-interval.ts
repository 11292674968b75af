import { rangeOf, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatchers, requestsMetric } from '../istio-queries.ts'
import type { CountsQuery } from '../request-counter.ts'

/** Over how long samples are counted, ms: long for the exact interval, short for targets that are young. */
const longWindow = 300_000
const shortWindow = 60_000

/** No poll interval is shorter: a scrape, its evaluation and a poll take their time too, ms. */
const shortest = 5_000
const longest = 120_000

/** Intervals that people configure, ms: a measured one this close (as a share) is meant to be it. */
const usual = [5_000, 10_000, 15_000, 20_000, 30_000, 60_000]
const close = 0.12

type IntervalQuery = Pick<CountsQuery, 'host' | 'source' | 'until'>

/**
 * scrapeIntervalOf measures how often the series that are counted get a new sample, in ms: the median of their targets,
 * at least 5 s. null where nothing was scraped within the last minutes. Throws Failure as PrometheusApi does.
 */
export async function scrapeIntervalOf(
  api: PrometheusApi,
  query: IntervalQuery,
  signal: AbortSignal,
): Promise<number | null> {
  return medianOf(await scrapeIntervalsOf(api, query, signal))
}

/** medianOf is the middle one of rising intervals, the lower one of two; null of none. */
export function medianOf(intervals: readonly number[]): number | null {
  return intervals[Math.floor((intervals.length - 1) / 2)] ?? null
}

/** scrapeIntervalsOf measures how often each target of the series that are counted is scraped, in ms, rising. */
export async function scrapeIntervalsOf(
  api: PrometheusApi,
  { host, source, until }: IntervalQuery,
  signal: AbortSignal,
): Promise<number[]> {
  const series = selector(requestsMetric, hostMatchers({ reporter: source.reporter, host }))
  const samplesIn = async (window: number) => {
    const query = `max by (instance, pod) (count_over_time(${series}[${rangeOf(window)}]))`
    const { series: targets } = await api.instant(query, until, signal)
    return new Map(targets.map(({ labels, samples }) => [JSON.stringify(labels), samples.at(-1)?.[1] ?? 0]))
  }
  const [long, short] = await Promise.all([samplesIn(longWindow), samplesIn(shortWindow)])
  const intervals = [...long].flatMap(([target, samples]) => {
    // both ends of a window may hold a sample, so a short window counts one fewer than it shows
    const perMs = Math.max(samples / longWindow, ((short.get(target) ?? 0) - 1) / shortWindow)
    return samples >= 2 ? [1 / perMs] : []
  })
  return intervals
    .sort((a, b) => a - b)
    .map((interval) => Math.min(longest, Math.max(shortest, asConfigured(interval))))
}

function asConfigured(measured: number): number {
  const near = usual.find((one) => Math.abs(measured - one) <= one * close)
  return near ?? Math.ceil(measured / 1000) * 1000
}
