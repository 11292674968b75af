import type { MetricsFacts, SimilarSeries } from '../../release/evidence/metrics-facts.ts'
import type { Check, CheckFinding } from '../check.ts'
import { classLabelFindings } from './class-labels.ts'
import { labelText } from './label-text.ts'

/** numbers asks whether the store has the requests of this host at all, under the labels that a release counts by. */
export const numbers: Check = {
  id: 'metrics-numbers',
  question: 'Does Prometheus have the requests of this service?',
  find({ metrics, stable }) {
    if (metrics === null) return []
    const found =
      metrics.series.length > 0
        ? [...reporterFindings(metrics), ...classLabelFindings(metrics)]
        : [withoutSeries(metrics)]
    // a first version has had no request yet, wherever they are counted
    return stable === null ? found.map((finding) => ({ ...finding, level: 'warning' as const })) : found
  },
}

function withoutSeries(metrics: MetricsFacts): CheckFinding {
  const { similar, mesh, host, pods } = metrics
  const remedy = `Try this query: ${metrics.selector}`
  if (similar !== null && similar.differs !== 'namespace') return elsewhere(metrics, similar)
  if (mesh === 'none') {
    return {
      level: 'error',
      text: "Prometheus has no series of Istio at all (no istio_requests_total, no istio_agent_process_start_time_seconds): it is another Prometheus, or nobody scrapes the mesh's proxies.",
      remedy: `Give the Prometheus that scrapes the proxies as prometheus-url. ${remedy}`,
    }
  }
  const { ready, scraped } = pods
  if (ready.length > 0 && (scraped ?? []).length === 0) {
    return {
      level: 'error',
      text: `Prometheus scrapes a mesh, but none of the ${ready.length} ready pods of this service, and has no request to ${host}: it is the Prometheus of another cluster or team, or these pods are not scraped.`,
      remedy: `Give the Prometheus that scrapes them as prometheus-url. ${remedy}`,
    }
  }
  if (similar !== null) {
    const { destination_workload_namespace: workloads, destination_service_namespace: services } =
      similar.labels
    return {
      level: 'warning',
      text: `Prometheus has no request to ${host}, but requests of the same name in namespace '${labelText(workloads ?? services ?? '')}': is that the one you mean? Without traffic nothing can be proved (no-traffic).`,
      remedy: `What is there: ${similar.query}`,
    }
  }
  const whose =
    mesh === 'proxies'
      ? 'has no istio_requests_total of anybody: there was no request in the whole mesh, or a relabelling (metric_relabel_configs) drops it'
      : `has no request to ${host}`
  return {
    level: 'warning',
    text: `Prometheus scrapes the mesh but ${whose}. Without traffic nothing can be proved (no-traffic).`,
    remedy,
  }
}

function reporterFindings({ series, host, selector }: MetricsFacts): CheckFinding[] {
  const reporters = [...new Set(series.map(({ reporter = '' }) => reporter))]
  if (reporters.some((reporter) => reporter === 'source' || reporter === 'destination')) return []
  const others = reporters.filter((reporter) => reporter !== '')
  if (others.length === 0) {
    return [
      {
        level: 'error',
        text: `The requests to ${host} have no label reporter: the mesh's Telemetry removes it, so what callers saw can't be told from what the pods saw, and every request would be counted twice.`,
        remedy: `Keep the label reporter in the mesh's Telemetry. What is there: ${selector}`,
      },
    ]
  }
  return [
    {
      level: 'error',
      text: `The requests to ${host} have no reporter 'source' or 'destination', only ${list(others)}: a waypoint counts for all of its services at once, and can't be told from others.`,
      remedy: `Let the sidecars or ztunnel report these requests, or scrape them. What is there: ${selector}`,
    },
  ]
}

function elsewhere({ host }: MetricsFacts, { differs, labels, query }: SimilarSeries): CheckFinding {
  const name = labelText(labels.__name__ ?? '')
  const there = `What is there: ${query}`
  switch (differs) {
    case 'match':
      return {
        level: 'error',
        text: `Prometheus has requests to ${host}, but the conditions of prometheus-match find none of them: theirs are ${Object.entries(
          labels,
        )
          .map(([label, value]) => `${label}="${labelText(value)}"`)
          .join(', ')}.`,
        remedy: `Correct prometheus-match. ${there}`,
      }
    case 'metric':
      return {
        level: 'error',
        text: `Prometheus has requests of this service as '${name}', not as istio_requests_total: a relabelling, a recording rule or an OpenTelemetry collector has given it that name. A release would count nothing.`,
        remedy: `Give a Prometheus that keeps the names of the proxies as prometheus-url, or rename it back (metric_relabel_configs; OpenTelemetry: add_metric_suffixes). ${there}`,
      }
    case 'dropped':
      return {
        level: 'error',
        text: `Prometheus has no istio_requests_total of this service, though it has ${name} of the same requests: a relabelling (metric_relabel_configs) or the mesh's Telemetry drops it. A release would count nothing.`,
        remedy: `Keep istio_requests_total. ${there}`,
      }
    case 'host':
    case 'namespace':
      return {
        level: 'error',
        ...hostDifference(host, labels, there),
      }
  }
}

function hostDifference(
  host: string,
  labels: SimilarSeries['labels'],
  there: string,
): Pick<CheckFinding, 'text' | 'remedy'> {
  const named = labels.destination_service ?? ''
  const [first = host] = host.split(',')
  const text = (how: string) =>
    `Prometheus has requests of this service (istio_requests_total), ${how}. A release would count nothing.`
  const keep = `Keep the label destination_service in the mesh's Telemetry, with the host's full name. ${there}`
  if (named === '') {
    const how = `but without the label destination_service, which names their host: the mesh's Telemetry removes it`
    return { text: text(how), remedy: keep }
  }
  if (host.split(',').includes(named)) {
    return { text: text(`but the condition destination_service="${first}" finds none of them`), remedy: keep }
  }
  return {
    text: text(`but their destination_service is '${labelText(named)}', not '${first}'`),
    remedy: `Release through the Service that callers use, or let the mesh's Telemetry write the host's full name. ${there}`,
  }
}

function list(values: readonly string[]): string {
  return values.map((value) => `'${labelText(value)}'`).join(', ')
}
