import { Failure } from '../../release/failure.ts'
import { rangeOf, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatcher, hostNames, requestsMetric } from '../istio-queries.ts'
import type { CountsQuery, ReadyPod } from '../request-counter.ts'
import { scrapeIntervalOf } from './scrape-interval.ts'
import { requestedPodsOf, type ScrapeSign, scrapedWithin, scrapeTimesOf } from './scraped-pods.ts'

/** Room beyond two scrapes for discovery of a pod and for what a store takes to have a sample, ms. */
const slack = 10_000

/** Over how long the two reporters are compared, ms. */
const comparedTime = 120_000

/** Callers are missing where they report less than this share of what the pods answered well, of at least so many requests. */
const leastShare = 0.75
const leastRequests = 50

/** Most pods that a text names. */
const mostNamed = 3

/**
 * requireComplete throws Failure `incomplete` where the store lacks a part of what must be there now: the page of a pod
 * that is ready and old enough, or callers whose requests the pods themselves report. A store that vanished behind a
 * querier gives no warning, so what is missing can only be seen by what should be there.
 */
export async function requireComplete(
  api: PrometheusApi,
  query: CountsQuery,
  sign: ScrapeSign | null,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all([requirePods(api, query, sign, signal), requireCallers(api, query, signal)])
}

async function requirePods(
  api: PrometheusApi,
  query: CountsQuery,
  sign: ScrapeSign | null,
  signal: AbortSignal,
): Promise<void> {
  const { until, interval } = query
  const due = until - 2 * interval - slack
  const expected = olderThan(query.readyPods ?? [], due)
  if (sign === null || expected.length === 0) return
  const names = expected.map(({ name }) => name)
  const newest = await scrapeTimesOf(api, sign, names, until, signal)
  const suspects = lateOf(expected, newest, due)
  if (suspects.length === 0) return
  // scrapes may be rarer than polls
  const scrape = Math.max(interval, (await scrapeIntervalOf(api, query, signal)) ?? 60_000)
  const window = 2 * scrape + slack
  const old = olderThan(suspects, until - window)
  const seen = await scrapedWithin(api, sign, old, { until, window }, signal)
  const late = old.filter(({ name }) => !seen.has(name))
  const missing = sign.kind === 'requests' ? await busyOf(api, sign, late, until, signal) : late
  if (missing.length === 0) return
  const named = missing.slice(0, mostNamed).map(({ name }) => name)
  const more = missing.length > mostNamed ? ` and ${missing.length - mostNamed} more` : ''
  const text = `it shows ${expected.length - missing.length} of ${expected.length} ready pods: nothing new of ${named.join(', ')}${more}`
  throw new Failure('incomplete', `Prometheus' answer is incomplete: ${text}`, { details: { reason: text } })
}

/** busyOf leaves out pods without any request: where only requests name pods, an idle one can't be seen. */
async function busyOf(
  api: PrometheusApi,
  sign: ScrapeSign,
  pods: readonly ReadyPod[],
  until: number,
  signal: AbortSignal,
): Promise<readonly ReadyPod[]> {
  const names = pods.map(({ name }) => name)
  const busy = await requestedPodsOf(api, sign, names, until, signal)
  return pods.filter(({ name }) => busy.has(name))
}

function olderThan(pods: readonly ReadyPod[], time: number): ReadyPod[] {
  return pods.filter(({ since }) => since <= time)
}

function lateOf(
  pods: readonly ReadyPod[],
  newest: ReadonlyMap<string, number>,
  limit: number,
): readonly ReadyPod[] {
  return pods.filter(({ name }) => (newest.get(name) ?? Number.NEGATIVE_INFINITY) < limit)
}

/** reportsQuery: what callers reported lately, and what the pods reported to have answered well, by target. */
function reportsQuery(host: string): string {
  const own = hostMatcher(hostNames(host))
  const called = selector(requestsMetric, [{ label: 'reporter', op: '=', value: 'source' }, own])
  // a retry is one request of the caller, and a request that ran into a timeout may end well at the pod
  const answered = selector(requestsMetric, [
    { label: 'reporter', op: '=', value: 'destination' },
    own,
    { label: 'response_code', op: '=~', value: '[1-4][0-9][0-9]' },
  ])
  const sum = (series: string) =>
    `sum by (reporter, instance, pod) (increase(${series}[${rangeOf(comparedTime)}]))`
  return `${sum(called)} or ${sum(answered)}`
}

/**
 * requireCallers compares the reporters where callers are counted: their pods are in namespaces that a release can't
 * read, so that they are missing shows only by requests that nobody but the pods reports.
 */
async function requireCallers(api: PrometheusApi, query: CountsQuery, signal: AbortSignal): Promise<void> {
  if (query.source.reporter !== 'source' || query.readyPods === undefined) return
  const { series } = await api.instant(reportsQuery(query.host), query.until, signal)
  const sums = { source: 0, destination: 0 }
  for (const { labels, samples } of series) {
    const value = samples.at(-1)?.[1] ?? 0
    if (labels.reporter === 'source' && Number.isFinite(value)) sums.source += value
    if (labels.reporter === 'destination' && Number.isFinite(value)) sums.destination += value
  }
  if (sums.destination < leastRequests || sums.source >= leastShare * sums.destination) return
  const text = `callers report ${Math.round(sums.source)} requests of the last ${comparedTime / 60_000} minutes, the pods answered ${Math.round(sums.destination)}: callers are missing`
  throw new Failure('incomplete', `Prometheus' answer is incomplete: ${text}`, { details: { reason: text } })
}
