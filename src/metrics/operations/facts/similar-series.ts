import type {
  MetricsFactsQuery,
  SeriesLabels,
  SimilarSeries,
} from '../../../release/evidence/metrics-facts.ts'
import {
  anyOf,
  type LabelMatcher,
  literal,
  namelessSelector,
  podPattern,
  rangeOf,
  selector,
} from '../../../release/promql.ts'
import type { PrometheusApi } from '../../http/api.ts'
import { hostMatcher, hostNames, requestsMetric } from '../../istio-queries.ts'
import { podLabels } from '../scraped-pods.ts'

/**
 * Names that the request counter has after a relabelling, a recording rule or an OpenTelemetry collector: with a prefix or
 * a suffix, with a point, without `_total`.
 */
const renamed = '(.*[_:.])?istio[_.]requests([_:.].*)?'

/** What each proxy counts beside its requests: there where a relabelling drops the counter alone. */
const besides = 'istio_(request_duration_milliseconds|request_bytes|response_bytes)(_count|_sum|_bucket)?'

const is = (label: string, value: string): LabelMatcher => ({ label, op: '=', value })
const of = (label: string, value: string): LabelMatcher => ({ label, op: '=~', value })

interface Attempt {
  differs: SimilarSeries['differs']
  matchers: readonly LabelMatcher[]
  /** Pattern of the metric's name; absent: `istio_requests_total`. */
  metric?: string
}

/**
 * similarSeries looks for the requests of our Service, workloads or pods where a release's own question finds none: it drops
 * one condition after the other, those first that leave no doubt whose the requests are. The first that finds any says
 * what differs. null: there are none.
 */
export async function similarSeries(
  api: PrometheusApi,
  query: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<SimilarSeries | null> {
  for (const attempt of attemptsOf(query)) {
    const found = await seriesOf(api, attempt, query, signal)
    if (found !== null) return { differs: attempt.differs, ...found }
  }
  return null
}

/**
 * unmatchedSeries looks for the requests of the host without the conditions of prometheus-match, and gives the labels that
 * those name; null where there are none, or no conditions. `api` adds none.
 */
export async function unmatchedSeries(
  api: PrometheusApi,
  match: readonly LabelMatcher[],
  query: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<SimilarSeries | null> {
  if (match.length === 0) return null
  const found = await seriesOf(api, { matchers: [hostMatcher(hostNames(query.host))] }, query, signal)
  if (found === null) return null
  const labels = Object.fromEntries(match.map(({ label }) => [label, found.labels[label] ?? '']))
  return { differs: 'match', labels, query: found.query }
}

async function seriesOf(
  api: PrometheusApi,
  { metric, matchers }: Omit<Attempt, 'differs'>,
  { from, until }: Pick<MetricsFactsQuery, 'from' | 'until'>,
  signal: AbortSignal,
): Promise<{ labels: SeriesLabels; query: string } | null> {
  // a range would take the metric's name away, which is what is asked for
  const query =
    metric === undefined
      ? selector(requestsMetric, matchers)
      : namelessSelector([of('__name__', metric), ...matchers])
  const text =
    metric === undefined ? `last_over_time(${query}[${rangeOf(until - from)}])` : `topk(1, ${query})`
  const labels = (await api.instant(text, until, signal)).series[0]?.labels
  return labels === undefined ? null : { labels, query }
}

function attemptsOf(query: MetricsFactsQuery): Attempt[] {
  const { host, namespace, workloads } = query
  const hosts = hostNames(host)
  const names = anyOf([workloads.stable, workloads.canary].filter((name) => name !== null))
  const services = [...new Set(hosts.map((fqdn) => fqdn.split('.')[0] as string))]
  const service = of('destination_service_name', anyOf(services))
  const workload = of('destination_workload', names)
  const space = is('destination_workload_namespace', namespace)
  const own: LabelMatcher[][] = [[hostMatcher(hosts)], [workload, space]]
  return [
    { differs: 'host', matchers: [service, is('destination_service_namespace', namespace)] },
    { differs: 'host', matchers: [workload, space] },
    { differs: 'host', matchers: [of('destination_service', hostForms(services, namespace))] },
    { differs: 'host', matchers: [workload, is('destination_workload_namespace', '')] },
    ...podAttempts(query),
    ...own.map((matchers): Attempt => ({ differs: 'metric', metric: renamed, matchers })),
    ...own.map((matchers): Attempt => ({ differs: 'dropped', metric: besides, matchers })),
    // somebody else's, who has given the same names: no more than a hint
    { differs: 'namespace', matchers: [service] },
    { differs: 'namespace', matchers: [workload] },
    { differs: 'namespace', matchers: [of('destination_service', `(${anyOf(services)})\\..+`)] },
  ]
}

/** The forms of a host that mean no other Service: with its namespace, of whatever cluster domain, with a port. */
function hostForms(services: readonly string[], namespace: string): string {
  return `(${anyOf(services)})\\.${literal(namespace)}(\\.svc(\\..*)?)?(:[0-9]+)?`
}

/** Requests that pods report to have answered; what they send themselves is about other hosts. */
function podAttempts({ namespace, readyPods, workloads }: MetricsFactsQuery): Attempt[] {
  const answered: LabelMatcher = { label: 'reporter', op: '!=', value: 'source' }
  const patterns = [workloads.stable, workloads.canary].filter((name) => name !== null).map(podPattern)
  const named = podLabels.map((label): LabelMatcher[] => [of(label, anyOf(readyPods)), answered])
  const guessed = of('pod', patterns.join('|'))
  return [...(readyPods.length === 0 ? [] : named), [guessed, is('namespace', namespace), answered]].map(
    (matchers) => ({ differs: 'host', matchers }),
  )
}
