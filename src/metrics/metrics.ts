import type { Calibration, CountSeries, CountSource } from '../release/counts.ts'
import { Failure } from '../release/failure.ts'
import type { PrometheusAccess } from '../release/request.ts'
import { parsePrometheusUrl } from './address.ts'
import type { Answer } from './answer.ts'
import { type Api, apiOver } from './api.ts'
import { classLabelsOf, type Reading } from './classes.ts'
import {
  countRequests,
  countRoutes,
  type GridAnswers,
  noExtras,
  type RouteCount,
  walkAll,
} from './counting.ts'
import { gather, grant, type Subject } from './gather.ts'
import { type Grid, gridUntil } from './grid.ts'
import { historyOf, rateOf, sumHistory } from './history.ts'
import { boundsOf, boundsQuery, durationMatchers, durationMetric, snapBound } from './latency.ts'
import {
  anyOf,
  heartbeatQuery,
  hostMatchers,
  labelName,
  requestsMetric,
  unreachedMatchers,
} from './queries.ts'
import { candidates, type Proof, proofOf, reachedOnly, separationQuery, type Versions } from './separation.ts'
import { httpWire, type ProxyTransport, proxyWire, secretsOf } from './wire.ts'

/** MetricsOptions are what a metrics door needs beside the access: time and chance come from outside. */
export interface MetricsOptions {
  /** Reaches Prometheus for `k8s://` addresses; GET only. */
  transport?: ProxyTransport
  /** Timeout of one call, ms; default 10 s. */
  callTimeout?: number
  /** Time of one question with its retries, ms; default 30 s. */
  deadline?: number
  random: () => number
  /** Waits in real time; rejects with the signal's reason when it aborts. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** Milliseconds of the time that `sleep` takes; default: real time. */
  now?: () => number
  userAgent: string
}

/** CountsQuery asks for the counts of a release on its grid `start + k·interval`. Times in ms since the epoch. */
export interface CountsQuery {
  /** FQDN. */
  host: string
  namespace: string
  source: CountSource
  start: number
  until: number
  interval: number
  /** ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
}

export interface BaselineQuery {
  host: string
  namespace: string
  source: CountSource
  from: number
  until: number
  interval: number
}

export interface ReportersQuery {
  host: string
  namespace: string
  workloads: string[]
  from: number
  until: number
}

export interface RoutesQuery extends CountsQuery {
  /** Label that names the route or operation. */
  route: string
  /** Most routes to give. */
  most: number
}

export interface LatencyQuery extends CountsQuery {
  /** ms; judged at the nearest bound of the histogram. */
  threshold: number
}

/** Latency counts as bad the requests that took longer than `bound` ms. */
export interface Latency {
  bound: number
  /** All bounds that there are, for a message. */
  bounds: number[]
  series: CountSeries
}

export interface SeparationQuery {
  host: string
  reporter: CountSource['reporter']
  versions: Versions
  /** ms since the epoch. */
  from: number
  until: number
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
  separation(query: SeparationQuery, signal: AbortSignal): Promise<Proof[]>
  /** routes counts like `counts`, route by route, the busiest first. */
  routes(query: RoutesQuery, signal: AbortSignal): Promise<RouteCount[]>
  /** latency counts requests over a bound as bad; null where the host has no histogram. */
  latency(query: LatencyQuery, signal: AbortSignal): Promise<Latency | null>
  instant(query: string, at: number, signal: AbortSignal): Promise<Answer>
  range(query: string, from: number, until: number, step: number, signal: AbortSignal): Promise<Answer>
  /** secrets lists the texts that must be masked wherever they could show. */
  secrets(): string[]
}

/** The last minutes that a rate is measured over, and how finely, ms. */
const rateTime = 300_000
const rateStep = 15_000

/** How far back a histogram's bounds are looked for, ms. */
const boundsTime = 3_600_000

/** Most rounds of further questions: each restart seen by a closer look can need one more. */
const mostRounds = 10

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

function wireOf(access: PrometheusAccess, options: MetricsOptions) {
  const address = parsePrometheusUrl(access.url)
  if (address.kind === 'http') return httpWire(address.url, access, options.userAgent)
  if (options.transport !== undefined) return proxyWire(options.transport)
  throw new Failure('internal', 'a k8s:// address needs a transport through the API server')
}

function subjectOf(
  host: string,
  namespace: string,
  reporter: CountSource['reporter'],
  reading: Reading,
): Subject {
  return {
    metric: requestsMetric,
    requests: hostMatchers({ reporter, host }),
    unreached: unreachedMatchers(host, namespace),
    by: classLabelsOf(reading),
  }
}

/** openMetrics joins address, credentials and patience into the door. Throws Failure `invalid-input`. */
export function openMetrics(access: PrometheusAccess, options: MetricsOptions): Metrics {
  const secrets = secretsOf(access)
  const hide = (text: string) => secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text)
  const patience = {
    callTimeout: options.callTimeout ?? 10_000,
    deadline: options.deadline ?? 30_000,
    random: options.random,
    now: options.now ?? (() => performance.now()),
    sleep: options.sleep ?? realSleep,
  }
  const api = apiOver(wireOf(access, options), patience, hide)
  return {
    probe: async (signal) => ({ version: await api.version(signal) }),
    counts: (query, signal) => countsOf(api, query, signal),
    reporters: (query, signal) => reportersOf(api, query, signal),
    baseline: (query, signal) => baselineOf(api, query, signal),
    routes: (query, signal) => routesOf(api, query, signal),
    latency: (query, signal) => latencyOf(api, query, signal),
    separation: (query, signal) => separationOf(api, query, signal),
    instant: api.instant,
    range: api.range,
    secrets: () => [...secrets],
  }
}

/** settled asks for a subject on a grid, and for what the counting wishes to know beside it. */
async function settled(
  api: Api,
  query: CountsQuery,
  reading: Reading,
  subject: Subject,
  signal: AbortSignal,
): Promise<GridAnswers> {
  const grid = gridUntil(query.start, query.until, query.interval)
  const [evidence, heartbeat] = await Promise.all([
    gather(api, grid, subject, signal),
    api.range(heartbeatQuery, grid.start, query.until, grid.interval, signal),
  ])
  const extras = noExtras()
  const answers = { ...evidence, heartbeat, grid, reading, podBirths: query.podBirths, extras }
  for (let round = 0; round < mostRounds; round += 1) {
    const wishes = walkAll(answers).walked.flatMap((one) => one.wishes)
    if (wishes.length === 0) break
    await grant(api, grid, subject, wishes, extras, signal)
  }
  return answers
}

async function countsOf(api: Api, query: CountsQuery, signal: AbortSignal): Promise<CountSeries> {
  if (query.until < query.start) return { points: [], notes: [] }
  const subject = subjectOf(query.host, query.namespace, query.source.reporter, query.source)
  return countRequests(await settled(api, query, query.source, subject, signal)).series
}

async function routesOf(api: Api, query: RoutesQuery, signal: AbortSignal): Promise<RouteCount[]> {
  if (query.until < query.start) return []
  const reading: Reading = { ...query.source, route: labelName(query.route) }
  const subject = subjectOf(query.host, query.namespace, query.source.reporter, reading)
  const answers = await settled(api, query, reading, { ...subject, unreached: [] }, signal)
  return countRoutes(answers, query.most)
}

async function latencyOf(api: Api, query: LatencyQuery, signal: AbortSignal): Promise<Latency | null> {
  const { host, source } = query
  const bounds = boundsOf(
    await api.instant(boundsQuery(host, source.reporter, boundsTime), query.until, signal),
  )
  const bound = snapBound(bounds, query.threshold)
  if (bound === null || query.until < query.start) return null
  const reading: Reading = { ...source, by: 'speed' }
  const subject: Subject = {
    metric: durationMetric,
    requests: durationMatchers(host, source.reporter, bound),
    unreached: [],
    by: classLabelsOf(reading),
  }
  const answers = await settled(api, query, reading, subject, signal)
  return { bound, bounds, series: countRequests(answers).series }
}

const nobody = { canary: '', stable: '' }

/** walkGrid walks what a subject showed on a grid, without questions beside it. */
async function walkGrid(api: Api, grid: Grid, subject: Subject, reading: Reading, signal: AbortSignal) {
  const evidence = await gather(api, grid, subject, signal)
  const answers: GridAnswers = {
    ...evidence,
    heartbeat: { series: [], warnings: [] },
    grid,
    reading,
    podBirths: {},
    extras: noExtras(),
  }
  return walkAll(answers)
}

async function reportersOf(api: Api, query: ReportersQuery, signal: AbortSignal) {
  const step = Math.max(rateStep, Math.ceil((query.until - query.from) / 60_000) * 1000)
  const grid = gridUntil(query.from, query.until, step)
  const seen = async (reporter: CountSource['reporter']) => {
    if (grid.last < 1 || query.workloads.length === 0) return 0
    const label = 'destination_workload'
    const reading: Reading = { label, ...nobody }
    const subject = subjectOf(query.host, query.namespace, reporter, reading)
    const workloads = { label, op: '=~', value: anyOf(query.workloads) } as const
    const only: Subject = { ...subject, requests: [...subject.requests, workloads], unreached: [] }
    const { walked } = await walkGrid(api, grid, only, reading, signal)
    return walked
      .flatMap(({ added }) => [...added.values()].flatMap((one) => [...one.values()]))
      .reduce((sum, value) => sum + value, 0)
  }
  const [source, destination] = await Promise.all([seen('source'), seen('destination')])
  return { source, destination }
}

async function baselineOf(api: Api, query: BaselineQuery, signal: AbortSignal) {
  const { host, namespace, source } = query
  const past = gridUntil(query.from, query.until, query.interval)
  const recent = gridUntil(query.until - rateTime, query.until, rateStep)
  // only a pod's own proxy tells which pod answered: the history is the pods', whoever counts the release
  const stable = { ...subjectOf(host, namespace, 'destination', source), unreached: [] }
  const [history, now] = await Promise.all([
    past.last < 1 ? null : walkGrid(api, past, stable, source, signal),
    walkGrid(api, recent, subjectOf(host, namespace, source.reporter, source), source, signal),
  ])
  const sums = history === null ? null : sumHistory(historyOf(past, history.walked, history.meanings))
  const rate = rateOf(recent, now.walked, now.meanings)
  return {
    calibration: sums === null || sums.n === 0 ? null : sums,
    rate: rate.all,
    unreachedRate: rate.unreached,
  }
}

async function separationOf(api: Api, query: SeparationQuery, signal: AbortSignal): Promise<Proof[]> {
  const { host, reporter, versions, from, until } = query
  return Promise.all(
    candidates(versions, reporter).map(async (candidate) => {
      const text = separationQuery(host, reporter, candidate.label, until - from, [reachedOnly])
      return proofOf(candidate, await api.instant(text, until, signal))
    }),
  )
}
