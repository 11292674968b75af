import type { MetricsFacts } from '../../release/evidence/metrics-facts.ts'
import type { Check } from '../check.ts'

type Found = ReturnType<Check['find']>

/** numbers asks whether the store has the requests of this host at all, under the labels that a release counts by. */
export const numbers: Check = {
  id: 'metrics-numbers',
  question: 'Does Prometheus have the requests of this service?',
  find({ metrics, stable }) {
    if (metrics === null) return []
    if (metrics.series.length > 0) return reporterFindings(metrics)
    if (metrics.similar !== null) return [underOtherLabels(metrics, metrics.similar)]
    const remedy = `Try this query: ${metrics.selector}`
    if (metrics.hasIstio === false) {
      return [
        {
          level: stable === null ? 'warning' : 'error',
          text: `Prometheus has no series of Istio at all (no istio_requests_total, no istio_agent_process_start_time_seconds): it is another Prometheus, or nobody scrapes the mesh's proxies.`,
          remedy: `Give the Prometheus that scrapes the proxies as prometheus-url. ${remedy}`,
        },
      ]
    }
    const { ready, scraped } = metrics.pods
    if (ready.length > 0 && (scraped ?? []).length === 0) {
      return [
        {
          level: stable === null ? 'warning' : 'error',
          text: `Prometheus scrapes a mesh, but none of the ${ready.length} ready pods of this service, and has no request to ${metrics.host}: it is the Prometheus of another cluster or team, or these pods are not scraped.`,
          remedy: `Give the Prometheus that scrapes them as prometheus-url. ${remedy}`,
        },
      ]
    }
    return [
      {
        level: 'warning',
        text: `Prometheus scrapes the mesh but has no request to ${metrics.host}: without traffic nothing can be proved (no-traffic).`,
        remedy,
      },
    ]
  },
}

function reporterFindings({ series, host }: MetricsFacts): Found {
  const reporters = [...new Set(series.map(({ reporter = '' }) => reporter))]
  if (reporters.some((reporter) => reporter === 'source' || reporter === 'destination')) return []
  return [
    {
      level: 'error',
      text: `The requests to ${host} have no reporter 'source' or 'destination', only ${list(reporters)}: a waypoint counts for all of its services at once, and can't be told from others.`,
      remedy: 'Let the sidecars or ztunnel report these requests, or scrape them.',
    },
  ]
}

function underOtherLabels(
  { host }: MetricsFacts,
  { labels, query }: NonNullable<MetricsFacts['similar']>,
): Found[number] {
  const named = labels.destination_service ?? ''
  const [first = host] = host.split(',')
  const why =
    named === ''
      ? `but without the label destination_service, which names their host: the mesh's Telemetry removes it`
      : host.split(',').includes(named)
        ? `but the condition destination_service="${first}" finds none of them`
        : `but their destination_service is '${printable(named)}', not '${first}'`
  return {
    level: 'error',
    text: `Prometheus has requests of this service (istio_requests_total), ${why}. A release would count nothing.`,
    remedy: `Keep the label destination_service in the mesh's Telemetry, with the host's full name. What is there: ${query}`,
  }
}

function list(values: readonly string[]): string {
  return values.map((value) => `'${printable(value)}'`).join(', ')
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 120)
}
