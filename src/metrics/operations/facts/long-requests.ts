import type { LongRequests, MetricsFactsQuery } from '../../../release/evidence/metrics-facts.ts'
import type { QueryResult } from '../../../release/evidence/query-source.ts'
import { rangeOf, selector } from '../../../release/promql.ts'
import type { PrometheusApi } from '../../http/api.ts'
import { hostMatchers, requestsMetric } from '../../istio-queries.ts'
import { messageMetrics } from '../stream-messages.ts'

const durationSum = 'istio_request_duration_milliseconds_sum'

/** longRequestsOf looks at how long the requests to a host last, by kind, over the time asked for. */
export async function longRequestsOf(
  api: PrometheusApi,
  { host, from, until }: MetricsFactsQuery,
  reporter: 'source' | 'destination',
  signal: AbortSignal,
): Promise<LongRequests> {
  const seconds = (until - from) / 1000
  const kinds = 'request_protocol, response_code'
  const risen = (metric: string, by: string) =>
    `sum by (${by}) (increase(${selector(metric, hostMatchers({ reporter, host }))}[${rangeOf(until - from)}]))`
  const ask = (query: string) => api.instant(query, until, signal)
  const [ended, lasted, ...messages] = await Promise.all([
    ask(risen(requestsMetric, kinds)),
    ask(risen(durationSum, kinds)),
    ...messageMetrics.map((metric) => ask(risen(metric, 'reporter'))),
  ])
  const [websockets, grpc] = [isWebsocket, isGrpc].map((is) => {
    const count = sumOf(ended, is)
    const ms = sumOf(lasted, is)
    return { perSecond: count / seconds, meanSeconds: count > 0 && ms > 0 ? ms / count / 1000 : null }
  }) as [LongRequests['grpc'], LongRequests['grpc']]
  return {
    perSecond: sumOf(ended, () => true) / seconds,
    websockets,
    grpc,
    messagesPerSecond: Math.max(...messages.map((answer) => sumOf(answer, () => true))) / seconds,
  }
}

type Labels = Readonly<Record<string, string>>

/** Envoy counts a websocket by the answer that changes the protocol, when it ends. */
function isWebsocket({ response_code: code }: Labels): boolean {
  return code === '101'
}

function isGrpc({ request_protocol: protocol }: Labels): boolean {
  return protocol === 'grpc'
}

function sumOf({ series }: QueryResult, is: (labels: Labels) => boolean): number {
  const values = series.filter(({ labels }) => is(labels)).map(({ samples }) => samples.at(-1)?.[1] ?? 0)
  return values.filter((value) => Number.isFinite(value)).reduce((sum, value) => sum + value, 0)
}
