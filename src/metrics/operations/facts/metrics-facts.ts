import type {
  MetricsFacts,
  MetricsFactsQuery,
  SeriesLabels,
} from '../../../release/evidence/metrics-facts.ts'
import { Failure } from '../../../release/failure.ts'
import { type LabelMatcher, rangeOf, selector } from '../../../release/promql.ts'
import type { PrometheusApi } from '../../http/api.ts'
import { addMatchers } from '../../http/label-matchers.ts'
import { hostMatcher, hostNames, requestsMetric } from '../../istio-queries.ts'
import { medianOf, scrapeIntervalsOf } from '../scrape-interval.ts'
import { scrapedPodsOf } from '../scraped-pods.ts'
import { longRequestsOf } from './long-requests.ts'
import { similarSeries, unmatchedSeries } from './similar-series.ts'
import { canaryRequestsOf, foreignPodsOf, isRepeatable, newestSampleOf } from './store-facts.ts'

/** What shows anybody's requests, and what every scraped mesh has, whether it has traffic or not. */
const requestsQuery = `count(${requestsMetric})`
const proxiesQuery = 'count(istio_agent_process_start_time_seconds) or count(istio_build)'

/** StoreAccess is a store with conditions that every question gets, and without them. */
interface StoreAccess {
  /** Adds `match` to every selector. */
  api: PrometheusApi
  bare: PrometheusApi
  match: readonly LabelMatcher[]
}

/** fetchMetricsFacts queries what the store has about a host. Throws Failure as PrometheusApi does. */
export async function fetchMetricsFacts(
  { api, bare, match }: StoreAccess,
  query: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<MetricsFacts> {
  const { host, until, readyPods } = query
  const matchers = [hostMatcher(hostNames(host))]
  const own = selector(requestsMetric, matchers)
  const [shown, newest, scraped, clockSkew] = await Promise.all([
    shownSince(api, matchers, query, signal),
    newestSampleOf(api, query, signal),
    scrapedPodsOf(api, readyPods, until, signal),
    ifAnswered(api.clockSkew(signal), signal),
  ])
  const series = shown.map(({ labels }) => labels)
  const found = series.length > 0
  const [mesh, similar, intervals, canaryRequests, repeatable, foreignPods, longRequests] = await Promise.all(
    [
      found ? null : meshOf(api, until, signal),
      found ? null : hiddenSeries({ api, bare, match }, query, signal),
      found ? scrapeIntervalsOf(api, { host, source: reporterIn(series), until }, signal) : [],
      found ? canaryRequestsOf(api, query, signal) : null,
      found ? isRepeatable(api, own, until, signal) : true,
      found ? foreignPodsOf(api, query, signal) : [],
      found ? ifAnswered(longRequestsOf(api, query, reporterIn(series).reporter, signal), signal) : null,
    ],
  )
  return {
    host,
    series,
    heights: shown.map(({ height }) => height),
    mesh,
    similar,
    newest,
    asOf: until,
    interval: medianOf(intervals),
    slowestInterval: intervals.at(-1) ?? null,
    clockSkew,
    pods: { ready: readyPods, scraped },
    foreignPods,
    longRequests,
    canaryRequests,
    repeatable,
    selector: addMatchers(own, match),
  }
}

/** What only warns must not stand in the way of a release: gateways refuse questions that others answer. */
async function ifAnswered<Value>(question: Promise<Value>, signal: AbortSignal): Promise<Value | null> {
  try {
    return await question
  } catch (error) {
    if (signal.aborted || !(error instanceof Failure)) throw error
    return null
  }
}

async function hiddenSeries(
  { api, bare, match }: StoreAccess,
  query: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<MetricsFacts['similar']> {
  const similar = await similarSeries(api, query, signal)
  if (similar !== null && similar.differs !== 'namespace') return similar
  return (await unmatchedSeries(bare, match, query, signal)) ?? similar
}

async function meshOf(
  api: PrometheusApi,
  until: number,
  signal: AbortSignal,
): Promise<NonNullable<MetricsFacts['mesh']>> {
  const has = async (query: string) => (await api.instant(query, until, signal)).series.length > 0
  const [requests, proxies] = await Promise.all([has(requestsQuery), has(proxiesQuery)])
  return requests ? 'requests' : proxies ? 'proxies' : 'none'
}

/** The proxies of the pods are scraped whoever calls; callers may be outside the mesh. */
function reporterIn(series: readonly SeriesLabels[]) {
  const reporter = series.some((one) => one.reporter === 'destination') ? 'destination' : 'source'
  return { reporter, label: '', canary: '', stable: '' } as const
}

async function shownSince(
  api: PrometheusApi,
  matchers: readonly LabelMatcher[],
  { from, until }: Pick<MetricsFactsQuery, 'from' | 'until'>,
  signal: AbortSignal,
): Promise<{ labels: SeriesLabels; height: number }[]> {
  const text = `last_over_time(${selector(requestsMetric, matchers)}[${rangeOf(until - from)}])`
  const { series } = await api.instant(text, until, signal)
  return series.map(({ labels, samples }) => ({ labels, height: samples.at(-1)?.[1] ?? 0 }))
}
