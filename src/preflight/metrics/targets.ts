import type { MetricsFacts } from '../../release/evidence/metrics-facts.ts'
import type { Check, CheckFinding } from '../check.ts'
import { labelText } from './label-text.ts'
import { missingInSums } from './sums.ts'

/** targets asks whether every series is one proxy's own counter, and every ready pod is scraped. */
export const targets: Check = {
  id: 'metrics-targets',
  question: 'Is every proxy counted by itself, and every ready pod scraped?',
  find({ metrics }) {
    if (metrics === null) return []
    const sums = [summedSeries, sumsBesideParts, collectedSeries].flatMap((rule) => rule(metrics) ?? [])
    return [...sums.slice(0, 1), ...unscrapedPods(metrics)]
  },
}

/** Rules and federations of sums take both labels of a target away. */
function summedSeries({ series, host }: MetricsFacts): CheckFinding | null {
  const summed = series.filter(({ instance = '', pod = '' }) => instance === '' && pod === '')
  if (summed.length === 0) return null
  return {
    level: 'error',
    text: `${summed.length} of ${series.length} series of ${host} have neither instance nor pod, as recording rules and federation of sums make them: restarts and first requests can't be seen in a sum, so it can't be counted exactly.`,
    remedy:
      'Give a Prometheus that keeps the series of each proxy as prometheus-url, or choose those by prometheus-match.',
  }
}

/** A rule that takes some labels away writes its sums beside what it adds up, under the same name: both would be counted. */
function sumsBesideParts(metrics: MetricsFacts): CheckFinding | null {
  const missing = missingInSums(metrics)
  if (missing === null) return null
  return {
    level: 'error',
    text: `Series of ${metrics.host} with and without the label ${missing} stand beside each other: those without are sums of those with it, as recording rules make them, so requests would be counted twice.`,
    remedy: `Give a Prometheus without these sums as prometheus-url, or choose the proxies' own series: prometheus-match: '${missing}!=""'.`,
  }
}

/**
 * Federation without honor_labels, and collectors, put their own instance and pod in the place of the proxy's: one target
 * then holds the counters of many proxies.
 */
function collectedSeries({ series, host }: MetricsFacts): CheckFinding | null {
  const answered = series.filter(
    ({ reporter, destination_workload: workload = '' }) =>
      reporter === 'destination' && workload !== '' && workload !== 'unknown',
  )
  const several = [
    ...Map.groupBy(answered, ({ instance, pod }) => JSON.stringify([instance, pod])).values(),
  ].find((group) => new Set(group.map(({ destination_workload: workload }) => workload)).size > 1)
  const foreign = answered.filter(({ pod = '' }) => pod !== '')
  const others = foreign.filter(
    ({ pod = '', destination_workload: workload = '' }) => !pod.startsWith(workload.slice(0, 40)),
  )
  const one = several?.[0] ?? (others.length > 0 && others.length === foreign.length ? others[0] : undefined)
  if (one === undefined) return null
  const { instance = '', pod = '' } = one
  const kept = ['exported_pod', 'exported_instance'].filter((label) => (one[label] ?? '') !== '')
  const where = kept.length === 0 ? '' : `; the proxy's own are in ${kept.join(' and ')}`
  return {
    level: 'error',
    text: `Series of ${host} name ${labelText(pod === '' ? instance : pod)} as the pod that answered, which is none of the workload's own (${labelText(one.destination_workload ?? '')}): a federation without honor_labels, or a collector, has put its own instance and pod in the place of the proxies'${where}. The counters of many proxies would be taken for one, so that a restart can't be seen.`,
    remedy:
      'Set honor_labels: true in the federating scrape job (OpenTelemetry: keep the labels of the scraped targets), or give the Prometheus that scrapes the proxies as prometheus-url.',
  }
}

function unscrapedPods({ pods: { ready, scraped } }: MetricsFacts): CheckFinding[] {
  const missing = scraped === null ? [] : ready.filter((pod) => !scraped.includes(pod))
  if (missing.length === 0) return []
  return [
    {
      level: 'error',
      text: `Prometheus has scraped ${ready.length - missing.length} of ${ready.length} ready pods (not ${missing.slice(0, 3).join(', ')}): what they answer would not be counted.`,
      remedy: `Look at why they are not scraped: up{pod="${missing[0] ?? ''}"}`,
    },
  ]
}
