import type { MetricsFacts, MetricsFactsQuery, SeriesLabels } from '../../release/evidence/metrics-facts.ts'
import { anyOf, type LabelMatcher, podPattern, rangeOf, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatcher, hostNames, requestsMetric } from '../istio-queries.ts'
import { scrapeIntervalOf } from './scrape-interval.ts'
import { scrapedPodsOf } from './scraped-pods.ts'
import { canaryRequestsOf, isRepeatable, newestSampleOf } from './store-facts.ts'

/** Series that every scraped mesh has, whether it has traffic or not. */
const meshQuery = `count(${requestsMetric}) or count(istio_agent_process_start_time_seconds) or count(istio_build)`

/** fetchMetricsFacts queries what the store has about a host. Throws Failure as PrometheusApi does. */
export async function fetchMetricsFacts(
  api: PrometheusApi,
  query: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<MetricsFacts> {
  const { host, until, readyPods } = query
  const matchers = [hostMatcher(hostNames(host))]
  const own = selector(requestsMetric, matchers)
  const [series, newest, scraped] = await Promise.all([
    labelsSince(api, matchers, query, signal),
    newestSampleOf(api, query, signal),
    scrapedPodsOf(api, readyPods, until, signal),
  ])
  const found = series.length > 0
  const [mesh, similar, interval, canaryRequests, repeatable] = await Promise.all([
    found ? null : api.instant(meshQuery, until, signal),
    found ? null : similarSeries(api, query, signal),
    found ? scrapeIntervalOf(api, { host, source: reporterIn(series), until }, signal) : null,
    found ? canaryRequestsOf(api, query, signal) : null,
    found ? isRepeatable(api, own, until, signal) : true,
  ])
  return {
    host,
    series,
    hasIstio: mesh === null ? null : mesh.series.length > 0,
    similar,
    newest,
    asOf: until,
    interval,
    pods: { ready: readyPods, scraped },
    canaryRequests,
    repeatable,
    selector: own,
  }
}

/** The proxies of the pods are scraped whoever calls; callers may be outside the mesh. */
function reporterIn(series: readonly SeriesLabels[]) {
  const reporter = series.some((one) => one.reporter === 'destination') ? 'destination' : 'source'
  return { reporter, label: '', canary: '', stable: '' } as const
}

async function labelsSince(
  api: PrometheusApi,
  matchers: readonly LabelMatcher[],
  { from, until }: Pick<MetricsFactsQuery, 'from' | 'until'>,
  signal: AbortSignal,
): Promise<SeriesLabels[]> {
  const text = `last_over_time(${selector(requestsMetric, matchers)}[${rangeOf(until - from)}])`
  return (await api.instant(text, until, signal)).series.map(({ labels }) => labels)
}

/**
 * similarSeries looks for requests of our workloads, pods or Service under other labels than the host's: what is found
 * says which label is missing or differs.
 */
async function similarSeries(
  api: PrometheusApi,
  query: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<MetricsFacts['similar']> {
  const { namespace, service, workloads } = query
  const names = [workloads.stable, workloads.canary].filter((name) => name !== null)
  const is = (label: string, value: string): LabelMatcher => ({ label, op: '=', value })
  const of = (label: string, value: string): LabelMatcher => ({ label, op: '=~', value })
  const attempts: LabelMatcher[][] = [
    [of('destination_workload', anyOf(names)), is('destination_workload_namespace', namespace)],
    [is('destination_service_name', service), is('destination_service_namespace', namespace)],
    [of('destination_workload', anyOf(names)), is('destination_workload_namespace', '')],
    [of('pod', names.map(podPattern).join('|')), is('namespace', namespace)],
  ]
  for (const matchers of attempts) {
    const [labels] = await labelsSince(api, matchers, query, signal)
    if (labels !== undefined) return { labels, query: selector(requestsMetric, matchers) }
  }
  return null
}
