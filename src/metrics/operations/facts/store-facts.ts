import type { MetricsFactsQuery } from '../../../release/evidence/metrics-facts.ts'
import { rangeOf, selector } from '../../../release/promql.ts'
import type { PrometheusApi } from '../../http/api.ts'
import { hostMatcher, hostMatchers, hostNames, requestsMetric } from '../../istio-queries.ts'

/** newestSampleOf gives the time (ms) of the newest sample of a host's requests; null: none within five minutes. */
export async function newestSampleOf(
  api: PrometheusApi,
  { host, until }: { host: string; until: number },
  signal: AbortSignal,
): Promise<number | null> {
  const series = selector(requestsMetric, [hostMatcher(hostNames(host))])
  const seconds = (await api.instant(`max(timestamp(${series}))`, until, signal)).series[0]?.samples.at(
    -1,
  )?.[1]
  return seconds === undefined ? null : seconds * 1000
}

/** Over how long the canary's requests before the release are counted, ms: what an earlier release sent it is past. */
const recentTime = 120_000

/**
 * canaryRequestsOf gives how many requests the canary's pods got lately, by the reporter that saw most; null where both
 * versions are one Deployment's, or there is no stable version.
 */
export async function canaryRequestsOf(
  api: PrometheusApi,
  { host, namespace, workloads, until }: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<number | null> {
  if (workloads.stable === null || workloads.stable === workloads.canary) return null
  const series = selector(requestsMetric, [
    hostMatcher(hostNames(host)),
    { label: 'destination_workload', op: '=', value: workloads.canary },
    { label: 'destination_workload_namespace', op: '=~', value: `${namespace}|` },
  ])
  const query = `max(sum by (reporter) (increase(${series}[${rangeOf(recentTime)}])))`
  const found = (await api.instant(query, until, signal)).series[0]?.samples.at(-1)?.[1] ?? 0
  return Number.isFinite(found) ? Math.ceil(found) : 0
}

/** A sample of a pod that ended is no older than this when it is the last one, ms: a usual scrape and what it takes. */
const currentTime = 20_000

/**
 * foreignPodsOf lists the pods that report to have answered requests to the host just now and are none of the Service's: a
 * store with the pods of another cluster or namespace of the same names. Empty where the label `pod` names none of ours
 * either, so that it is no pod's name as Kubernetes knows it.
 */
export async function foreignPodsOf(
  api: PrometheusApi,
  { host, knownPods, until }: MetricsFactsQuery,
  signal: AbortSignal,
): Promise<string[]> {
  const series = selector(requestsMetric, hostMatchers({ reporter: 'destination', host }))
  const answer = await api.instant(`max by (pod) (timestamp(${series}))`, until, signal)
  const current = answer.series
    .filter(({ samples }) => (samples.at(-1)?.[1] ?? 0) * 1000 > until - currentTime)
    .map(({ labels }) => labels.pod ?? '')
  const known = new Set(knownPods)
  if (!current.some((pod) => known.has(pod))) return []
  return current.filter((pod) => pod !== '' && !known.has(pod)).sort()
}

/** How far back the repeated question lies, ms: what comes late to a store has come. */
const settledTime = 60_000

/** How often it is asked: a balancer that chooses by chance shows itself with 94%. */
const repeats = 8

/**
 * isRepeatable asks the same question about the past several times: when were a host's series scraped? One store always
 * gives the same. Two replicas behind a balancer scrape at other moments, so the answers go back and forth; samples that
 * come late change an answer once, and not back.
 */
export async function isRepeatable(
  api: PrometheusApi,
  series: string,
  until: number,
  signal: AbortSignal,
): Promise<boolean> {
  const seen: number[] = []
  for (let index = 0; index < repeats; index += 1) {
    const answer = await api.instant(`sum(timestamp(${series}))`, until - settledTime, signal)
    const sum = answer.series[0]?.samples.at(-1)?.[1] ?? 0
    // sums over stores may differ by the order in which they are added up
    const same = (other: number) => Math.abs(other - sum) < 0.01
    const last = seen.at(-1)
    if (last !== undefined && same(last)) continue
    if (seen.some(same)) return false
    seen.push(sum)
  }
  return true
}
