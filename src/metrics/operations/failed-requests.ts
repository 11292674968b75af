import type { CountSource } from '../../release/evidence/counts.ts'
import type { FailedRequests, FailureKind, PodRequests } from '../../release/evidence/failed-requests.ts'
import type { QueryResult } from '../../release/evidence/query-source.ts'
import type { SideName } from '../../release/gates.ts'
import {
  checkLabelName,
  type LabelMatcher,
  lookback,
  podPattern,
  rangeOf,
  selector,
} from '../../release/promql.ts'
import { oneLine } from '../../release/text/plain-text.ts'
import { sideOfSeries } from '../counting/classes.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatchers, requestsMetric } from '../istio-queries.ts'
import type { FailuresQuery, SlowPodsQuery } from '../request-counter.ts'
import { boundPattern, durationMetric } from './latency/latency-bounds.ts'

/** Kinds of failed requests that are shown of each version. */
const mostKinds = 5
/** Pods that are asked for at most, of both versions. */
const mostPods = 200
/** Longest text of a label that is kept. */
const longestText = 200

/** Labels by which meshes name what was asked for, as far as somebody has configured one. */
const routeLabels = [
  'request_operation',
  'request_url_path',
  'request_path',
  'url_path',
  'path',
  'route_name',
  'route',
]

const kindLabels = ['response_code', 'response_flags', 'grpc_response_status', 'source_workload'] as const

type CountedSpan = Pick<FailuresQuery, 'host' | 'source' | 'start' | 'until'>

/** What makes a request a failed one, as `requestOutcome` judges it: three selections without an overlap. */
const failures: readonly (readonly LabelMatcher[])[] = [
  [{ label: 'response_code', op: '=~', value: '5..' }],
  [
    { label: 'response_code', op: '=', value: '0' },
    { label: 'response_flags', op: '!~', value: '(.*,)?DC(,.*)?' },
  ],
  [
    { label: 'response_code', op: '!~', value: '5..|0' },
    { label: 'grpc_response_status', op: '=~', value: '2|4|8|12|13|14|15' },
  ],
]

/**
 * failedRequestsOf asks which kinds of requests failed since a release began, and on which pods, in four small queries.
 * It explains and proves nothing: what a pod counted before a restart of its own is not in it.
 */
export async function failedRequestsOf(
  api: PrometheusApi,
  query: FailuresQuery,
  signal: AbortSignal,
): Promise<FailedRequests> {
  const { source, until } = query
  const labels = [...kindLabels, ...routeLabelsOf(query)]
  const kindsOf = async (side: SideName) =>
    toKinds(await api.instant(kindsQuery(query, side, labels), until, signal), routeLabelsOf(query))
  const [canary, stable, all, failed] = await Promise.all([
    kindsOf('canary'),
    kindsOf('stable'),
    api.instant(podsQuery(query, requestsMetric, [[]]), until, signal),
    api.instant(podsQuery(query, requestsMetric, failures), until, signal),
  ])
  return { kinds: { canary, stable }, pods: podsBySide(source, all, failed) }
}

/** slowPodsOf counts requests over a bound by the pod that answered, between two times, in two small queries. */
export async function slowPodsOf(
  api: PrometheusApi,
  query: SlowPodsQuery,
  signal: AbortSignal,
): Promise<FailedRequests['pods']> {
  const { source, until, bound } = query
  const whole: LabelMatcher = { label: 'le', op: '=', value: '+Inf' }
  const within: LabelMatcher = { label: 'le', op: '=~', value: boundPattern(bound) }
  const [all, quick] = await Promise.all([
    api.instant(podsQuery(query, durationMetric, [[whole]]), until, signal),
    api.instant(podsQuery(query, durationMetric, [[within]]), until, signal),
  ])
  const { canary, stable } = podsBySide(source, all, quick)
  const slow = (pods: PodRequests[]) => pods.map((one) => ({ ...one, bad: one.total - one.bad }))
  return { canary: slow(canary), stable: slow(stable) }
}

function podsBySide(source: CountSource, all: QueryResult, marked: QueryResult): FailedRequests['pods'] {
  const pods = (side: SideName) => toPods(all, marked, (one) => sideOfSeries(one, source) === side)
  return { canary: pods('canary'), stable: pods('stable') }
}

function routeLabelsOf({ routeLabel }: FailuresQuery): string[] {
  return routeLabel === null ? routeLabels : [...new Set([checkLabelName(routeLabel), ...routeLabels])]
}

/** The commonest kinds of a version's failed requests. */
function kindsQuery(query: FailuresQuery, side: SideName, labels: readonly string[]): string {
  const { source, host } = query
  const base = [...hostMatchers({ reporter: source.reporter, host }), sideMatcher(query, side)]
  const added = failures.map((more) => increase(query, requestsMetric, [...base, ...more])).join(' or ')
  return `topk(${mostKinds}, sum by (${labels.join(', ')}) (${added}))`
}

/** Requests of some sorts by the pod that answered; only a pod's own proxy knows that. */
function podsQuery(query: CountedSpan, metric: string, sorts: readonly (readonly LabelMatcher[])[]): string {
  const base = hostMatchers({ reporter: 'destination', host: query.host })
  const added = sorts.map((more) => increase(query, metric, [...base, ...more])).join(' or ')
  const by = [...new Set(['pod', checkLabelName(query.source.label)])]
  return `topk(${mostPods}, sum by (${by.join(', ')}) (${added}))`
}

function sideMatcher({ source }: FailuresQuery, side: SideName): LabelMatcher {
  return source.label === 'pod'
    ? { label: 'pod', op: '=~', value: podPattern(source[side]) }
    : { label: checkLabelName(source.label), op: '=', value: source[side] }
}

/** What counters added since the start; a series that began after it counts from zero. */
function increase({ start, until }: CountedSpan, metric: string, matchers: readonly LabelMatcher[]): string {
  const series = selector(metric, matchers)
  const range = rangeOf(until - start)
  const now = `last_over_time(${series}[${range}])`
  const before = `last_over_time(${series}[${rangeOf(lookback)}] offset ${range})`
  return `clamp_min(${now} - (${before} or ${now} * 0), 0)`
}

function toKinds({ series }: QueryResult, labels: readonly string[]): FailureKind[] {
  return series
    .map(({ labels: own, samples }) => ({
      code: textOf(own.response_code) ?? '',
      grpcStatus: textOf(own.grpc_response_status),
      flags: own.response_flags === '-' ? null : textOf(own.response_flags),
      route: labels.map((label) => textOf(own[label])).find((text) => text !== null) ?? null,
      caller: own.source_workload === 'unknown' ? null : textOf(own.source_workload),
      count: countOf(samples),
    }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, mostKinds)
}

function toPods(
  all: QueryResult,
  failed: QueryResult,
  isOwn: (labels: Readonly<Record<string, string>>) => boolean,
): PodRequests[] {
  const sums = (answer: QueryResult) => {
    const found = new Map<string, number>()
    for (const { labels, samples } of answer.series) {
      const pod = textOf(labels.pod)
      if (pod !== null && isOwn(labels)) found.set(pod, (found.get(pod) ?? 0) + countOf(samples))
    }
    return found
  }
  const bad = sums(failed)
  return [...sums(all)]
    .map(([pod, total]) => ({ pod, node: null, zone: null, total, bad: Math.min(total, bad.get(pod) ?? 0) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.bad - a.bad || b.total - a.total || (a.pod < b.pod ? -1 : 1))
}

function countOf(samples: QueryResult['series'][number]['samples']): number {
  const value = Math.round(samples.at(-1)?.[1] ?? 0)
  return Number.isSafeInteger(value) && value > 0 ? value : 0
}

function textOf(label: string | undefined): string | null {
  const text = oneLine(label ?? '', longestText)
  return text === '' ? null : text
}
