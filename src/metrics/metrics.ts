import type { Calibration, CountSeries } from '../release/counts.ts'
import { Failure } from '../release/failure.ts'
import type { GateEvidence } from '../release/gate-evidence.ts'
import type { PrometheusAccess } from '../release/request.ts'
import type { RouteCount } from './counting/counting.ts'
import { type FoundFacts, type GateFactsQuery, type GatesQuery, gateFactsOf, gatesOf } from './gates.ts'
import { parsePrometheusUrl } from './http/address.ts'
import { createApi } from './http/api.ts'
import type { QueryResult } from './http/query-result.ts'
import {
  accessSecrets,
  createHttpTransport,
  createProxyTransport,
  type ServiceProxyGet,
} from './http/transport.ts'
import { baselineOf, countsOf, latencyOf, reportersOf, routeCountsOf, separationOf } from './operations.ts'
import type {
  BaselineQuery,
  CountsQuery,
  LabelQuery,
  Latency,
  LatencyQuery,
  ReportersQuery,
  RoutesQuery,
} from './query-types.ts'
import type { LabelProof } from './separation.ts'

/** MetricsOptions are what a metrics door needs beside the access: time and chance come from outside. */
export interface MetricsOptions {
  /** Reaches Prometheus for `k8s://` addresses; GET only. */
  transport?: ServiceProxyGet
  /** Timeout of one call, ms; default 10 s. */
  callTimeout?: number
  /** Time of one question with its retries, ms; default 30 s. */
  deadline?: number
  random: () => number
  /** Time that `sleep` waits in, ms since the epoch; default the system's. Timeouts of calls are always real. */
  now?: () => number
  /** Default: waits in real time. Rejects with the signal's reason when it aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  userAgent: string
}

/**
 * Metrics is the only door to Prometheus. All methods throw Failure: `unreachable`, `timeout`, `unauthorized`,
 * `forbidden`, `bad-query`, `bad-answer`, `bad-certificate`, `too-large`, `server-error`, `aborted`, and
 * `invalid-input` for names that can't be in a query.
 */
export interface Metrics {
  /** probe proves that a Prometheus answers; `unknown` where it doesn't tell its version. */
  probe(signal: AbortSignal): Promise<{ version: string }>
  counts(query: CountsQuery, signal: AbortSignal): Promise<CountSeries>
  reporters(query: ReportersQuery, signal: AbortSignal): Promise<{ source: number; destination: number }>
  baseline(
    query: BaselineQuery,
    signal: AbortSignal,
  ): Promise<{ calibration: Calibration | null; rate: number | null; unreachedRate: number }>
  /**
   * separation tries which labels tell canary from stable in this cluster, best first, on the requests of the
   * time before `until`. `chooseLabel` picks one.
   */
  separation(query: LabelQuery, signal: AbortSignal): Promise<LabelProof[]>
  /** routes counts like `counts`, route by route, the busiest first. */
  routes(query: RoutesQuery, signal: AbortSignal): Promise<RouteCount[]>
  /** latency counts requests over a bound as bad; null where the host has no histogram. */
  latency(query: LatencyQuery, signal: AbortSignal): Promise<Latency | null>
  /** gates asks for the evidence of the configured gates; one that can't be asked troubles nobody else. */
  gates(query: GatesQuery, signal: AbortSignal): Promise<GateEvidence>
  /** gateFacts looks at every gate once before a release; `invalid-config` for a query that is refused. */
  gateFacts(query: GateFactsQuery, signal: AbortSignal): Promise<FoundFacts>
  instant(query: string, at: number, signal: AbortSignal): Promise<QueryResult>
  range(query: string, from: number, until: number, step: number, signal: AbortSignal): Promise<QueryResult>
  /** secrets lists the texts that must be masked wherever they could show. */
  secrets(): string[]
}

function realSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal.addEventListener('abort', stop, { once: true })
  })
}

function transportOf(access: PrometheusAccess, options: MetricsOptions) {
  const address = parsePrometheusUrl(access.url)
  if (address.kind === 'http') return createHttpTransport(address.url, access, options.userAgent)
  if (options.transport !== undefined) return createProxyTransport(options.transport)
  throw new Failure('internal', 'a k8s:// address needs a transport through the API server')
}

/** openMetrics joins address, credentials and patience into the door. Throws Failure `invalid-input`. */
export function openMetrics(access: PrometheusAccess, options: MetricsOptions): Metrics {
  const secrets = accessSecrets(access)
  const hide = (text: string) => secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
  const patience = {
    callTimeout: options.callTimeout ?? 10_000,
    deadline: options.deadline ?? 30_000,
    random: options.random,
    now: options.now ?? Date.now,
    sleep: options.sleep ?? realSleep,
  }
  const api = createApi(transportOf(access, options), patience, hide)
  const source = { api, memory: new Map() }
  return {
    probe: async (signal) => ({ version: await api.version(signal) }),
    counts: (query, signal) => countsOf(source, query, signal),
    reporters: (query, signal) => reportersOf(api, query, signal),
    baseline: (query, signal) => baselineOf(api, query, signal),
    routes: (query, signal) => routeCountsOf(source, query, signal),
    latency: (query, signal) => latencyOf(source, query, signal),
    separation: (query, signal) => separationOf(api, query, signal),
    gates: (query, signal) => gatesOf(source, query, signal),
    gateFacts: (query, signal) => gateFactsOf(source, query, signal),
    instant: api.instant,
    range: api.range,
    secrets: () => [...secrets],
  }
}
