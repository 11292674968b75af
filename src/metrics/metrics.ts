import type { Environment } from '../release/ci-run.ts'
import type { QuerySource } from '../release/evidence/query-source.ts'
import { Failure } from '../release/failure.ts'
import type { PrometheusAccess } from '../release/request.ts'
import { parsePrometheusUrl } from './http/address.ts'
import { createApi, refusingWarnings } from './http/api.ts'
import { withMatchers } from './http/label-matchers.ts'
import { incrementalRanges } from './http/range-increments.ts'
import { createTokenSource, type TokenSource } from './http/token-source.ts'
import {
  accessSecrets,
  createHttpTransport,
  createProxyTransport,
  type ServiceProxyGet,
} from './http/transport.ts'
import { baselineOf, reportersOf, routeCalibrationsOf } from './operations/baseline.ts'
import type { MetricsSource } from './operations/counting-input.ts'
import { fetchMetricsFacts } from './operations/facts/metrics-facts.ts'
import { newestSampleOf } from './operations/facts/store-facts.ts'
import { failedRequestsOf, slowPodsOf } from './operations/failed-requests.ts'
import { fetchInfrastructure } from './operations/infrastructure.ts'
import { durationCountsOf } from './operations/latency/duration-counts.ts'
import {
  latencyBoundsOf,
  latencyCalibrationOf,
  latencyCountsOf,
  latencyQuantilesOf,
} from './operations/latency/latency-counts.ts'
import { countsOf, routeCountsOf } from './operations/request-counts.ts'
import { scrapeIntervalOf } from './operations/scrape-interval.ts'
import { streamMessagesOf } from './operations/stream-messages.ts'
import { labelProofsOf } from './operations/version-labels.ts'
import type { MeshRequestCounter } from './request-counter.ts'

/** MetricsOptions are what a metrics door needs beside the access: time and chance come from outside. */
export interface MetricsOptions {
  /** Reaches Prometheus for `k8s://` addresses; GET only. */
  transport?: ServiceProxyGet
  /** Timeout of one call, ms; default 10 s. */
  callTimeout?: number
  /** Time of one query with its retries, ms; default 30 s. */
  deadline?: number
  random: () => number
  /** Time that `sleep` waits in, ms since the epoch; default the system's. Timeouts of calls are always real. */
  now?: () => number
  /** sleep waits between the tries of a call, in ms; it rejects with the signal's reason when that aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
  userAgent: string
  /** Environment of `tokenCommand`; default: none. */
  env?: Environment
}

/**
 * Metrics is the only door to Prometheus: exact counts of mesh requests, and queries of the user's.
 */
export interface Metrics extends MeshRequestCounter, QuerySource {
  /** secrets lists the texts that must be masked wherever they could show. */
  secrets(): string[]
}

function transportOf(access: PrometheusAccess, options: MetricsOptions, tokens: TokenSource | null) {
  const address = parsePrometheusUrl(access.url)
  if (address.kind === 'http') return createHttpTransport(address.url, access, options.userAgent, tokens)
  if (options.transport !== undefined) return createProxyTransport(options.transport)
  throw new Failure('internal', 'a k8s:// address needs a transport through the API server')
}

/** openMetrics joins address, credentials and patience into the door. Throws Failure `invalid-input`. */
export function openMetrics(access: PrometheusAccess, options: MetricsOptions): Metrics {
  const tokens = createTokenSource(access, options.env ?? {})
  const fixed = accessSecrets(access)
  const secrets = () => [...fixed, ...(tokens?.secrets() ?? [])]
  const hide = (text: string) => secrets().reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
  const policy = {
    callTimeout: options.callTimeout ?? 10_000,
    deadline: options.deadline ?? 30_000,
    random: options.random,
    now: options.now ?? Date.now,
    sleep: options.sleep,
  }
  const bare = createApi(transportOf(access, options, tokens), policy, hide)
  const match = access.match ?? []
  const api = withMatchers(bare, match)
  const own = refusingWarnings(api)
  const polled = incrementalRanges(own, new Map())
  return {
    ...createRequestCounter({ api: own, polled, memory: new Map(), scrapes: { sign: null } }),
    facts: (query, signal) =>
      fetchMetricsFacts({ api: own, bare: refusingWarnings(bare), match }, query, signal),
    instant: api.instant,
    range: incrementalRanges(api, new Map()).range,
    secrets,
  }
}

function createRequestCounter(source: MetricsSource): Omit<MeshRequestCounter, 'facts'> {
  const { api } = source
  return {
    probe: async (signal) => ({ version: await api.version(signal) }),
    counts: (query, signal) => countsOf(source, query, signal),
    routeCounts: (query, signal) => routeCountsOf(source, query, signal),
    reporters: (query, signal) => reportersOf(api, query, signal),
    baseline: (query, signal) => baselineOf(api, query, signal),
    routeCalibrations: (query, signal) => routeCalibrationsOf(api, query, signal),
    newestSample: (query, signal) => newestSampleOf(api, query, signal),
    scrapeInterval: (query, signal) => scrapeIntervalOf(api, query, signal),
    separation: (query, signal) => labelProofsOf(api, query, signal),
    latencyBounds: (query, signal) => latencyBoundsOf(api, query, signal),
    latencyCounts: (query, signal) => latencyCountsOf(source, query, signal),
    durationCounts: (query, signal) => durationCountsOf(source, query, signal),
    latencyCalibration: (query, signal) => latencyCalibrationOf(api, query, signal),
    latencyQuantiles: (query, signal) => latencyQuantilesOf(api, query, signal),
    failedRequests: (query, signal) => failedRequestsOf(api, query, signal),
    slowPods: (query, signal) => slowPodsOf(api, query, signal),
    streamMessages: (query, signal) => streamMessagesOf(api, query, signal),
    infrastructure: (query, signal) => fetchInfrastructure(source.polled, query, signal),
  }
}
