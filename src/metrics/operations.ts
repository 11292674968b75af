import type { CountSeries, CountSource } from '../release/counts.ts'
import { type ClassScheme, classLabelsOf } from './counting/classes.ts'
import {
  type CountingInput,
  countRequests,
  countRoutes,
  countTargets,
  noFollowUpAnswers,
  type RouteCount,
} from './counting/counting.ts'
import { answerFollowUps, fetchRequestSeries, type SeriesSelection } from './counting/fetch.ts'
import { type Grid, gridUntil, timeAt } from './counting/grid.ts'
import { historyOf, requestRate, sumHistory } from './counting/history.ts'
import { type FollowUp, type FollowUpAnswers, followUpKey } from './counting/target-series.ts'
import type { PrometheusApi } from './http/api.ts'
import { boundsOf, boundsQuery, durationMatchers, durationMetric, snapBound } from './latency/bounds.ts'
import {
  anyOf,
  checkLabelName,
  heartbeatQuery,
  hostMatchers,
  requestsMetric,
  unreachedMatchers,
} from './promql.ts'
import type {
  BaselineQuery,
  CountsQuery,
  LabelQuery,
  Latency,
  LatencyQuery,
  ReportersQuery,
  RoutesQuery,
} from './query-types.ts'
import { candidates, type LabelProof, proofOf, reachedOnly, separationQuery } from './separation.ts'

/** The last minutes that a rate is measured over, and how finely, ms. */
const rateTime = 300_000
const rateStep = 15_000

/** How far back a histogram's bounds are looked for, ms. */
export const boundsTime = 3_600_000

/** Most rounds of further questions: each restart seen by a closer look can need one more. */
const maxRounds = 10

/** MetricsSource is where counts come from: the door's way to ask, and what it was told before. */
export interface MetricsSource {
  api: PrometheusApi
  memory: FollowUpMemory
}

function requestSelection(
  host: string,
  namespace: string,
  reporter: CountSource['reporter'],
  reading: ClassScheme,
): SeriesSelection {
  return {
    metric: requestsMetric,
    requests: hostMatchers({ reporter, host }),
    unreached: unreachedMatchers(host, namespace),
    by: classLabelsOf(reading),
  }
}

/**
 * FollowUpMemory keeps, by subject and grid, what was granted beside the grid. Only what lies a while back is kept: it
 * doesn't change any more, so a fresh process would be told the same.
 */
export type FollowUpMemory = Map<string, FollowUpAnswers>

/** How long after its time an answer may still change (late scrapes, remote writes), ms. */
const stillMoving = 60_000

/** Most subjects that are remembered; a release asks for a handful. */
const maxRemembered = 32

function rememberAnswers(
  memory: FollowUpMemory,
  name: string,
  granted: readonly FollowUp[],
  answers: CountingInput,
): void {
  const { grid, followUpAnswers } = answers
  const kept = memory.get(name) ?? noFollowUpAnswers()
  for (const followUp of granted) {
    const last = followUp.kind === 'scraped' ? followUp.index : followUp.until
    if (timeAt(grid, last) > timeAt(grid, grid.last) - stillMoving) continue
    const key = followUpKey(followUp)
    const samples = followUpAnswers.samples.get(key)
    if (samples !== undefined) kept.samples.set(key, samples)
    const scraped = followUpAnswers.scraped.get(key)
    if (scraped !== undefined) kept.scraped.set(key, scraped)
  }
  memory.set(name, kept)
  const oldest = memory.keys().next().value
  if (memory.size > maxRemembered && oldest !== undefined) memory.delete(oldest)
}

/** fetchCountingInput asks for a subject on a grid, and for what the counting followUps to know beside it. */
async function fetchCountingInput(
  { api, memory }: MetricsSource,
  query: CountsQuery,
  reading: ClassScheme,
  subject: SeriesSelection,
  signal: AbortSignal,
): Promise<CountingInput> {
  const grid = gridUntil(query.start, query.until, query.interval)
  const [evidence, heartbeat] = await Promise.all([
    fetchRequestSeries(api, grid, subject, signal),
    api.range(heartbeatQuery, grid.start, query.until, grid.interval, signal),
  ])
  const name = JSON.stringify([subject, grid.start, grid.interval])
  const known = memory.get(name) ?? noFollowUpAnswers()
  const followUpAnswers = { scraped: new Map(known.scraped), samples: new Map(known.samples) }
  const answers = { ...evidence, heartbeat, grid, reading, podBirths: query.podBirths, followUpAnswers }
  const granted: FollowUp[] = []
  for (let round = 0; round < maxRounds; round += 1) {
    const followUps = countTargets(answers).walked.flatMap((one) => one.followUps)
    if (followUps.length === 0) break
    await answerFollowUps(api, grid, subject, followUps, followUpAnswers, signal)
    granted.push(...followUps)
  }
  rememberAnswers(memory, name, granted, answers)
  return answers
}

export async function countsOf(
  from: MetricsSource,
  query: CountsQuery,
  signal: AbortSignal,
): Promise<CountSeries> {
  if (query.until < query.start) return { points: [], notes: [] }
  const subject = requestSelection(query.host, query.namespace, query.source.reporter, query.source)
  return countRequests(await fetchCountingInput(from, query, query.source, subject, signal)).series
}

export async function routeCountsOf(
  from: MetricsSource,
  query: RoutesQuery,
  signal: AbortSignal,
): Promise<RouteCount[]> {
  if (query.until < query.start) return []
  const reading: ClassScheme = { ...query.source, route: checkLabelName(query.route) }
  const subject = requestSelection(query.host, query.namespace, query.source.reporter, reading)
  const answers = await fetchCountingInput(from, query, reading, { ...subject, unreached: [] }, signal)
  return countRoutes(answers, query.most)
}

export async function latencyOf(
  from: MetricsSource,
  query: LatencyQuery,
  signal: AbortSignal,
): Promise<Latency | null> {
  const { host, source } = query
  const bounds = boundsOf(
    await from.api.instant(boundsQuery(host, source.reporter, boundsTime), query.until, signal),
  )
  const bound = snapBound(bounds, query.threshold)
  if (bound === null || query.until < query.start) return null
  const reading: ClassScheme = { ...source, by: 'speed' }
  const subject: SeriesSelection = {
    metric: durationMetric,
    requests: durationMatchers(host, source.reporter, bound),
    unreached: [],
    by: classLabelsOf(reading),
  }
  const answers = await fetchCountingInput(from, query, reading, subject, signal)
  return { bound, bounds, series: countRequests(answers).series }
}

const noVersions = { canary: '', stable: '' }

/** countGrid walks what a subject showed on a grid, without questions beside it. */
export async function countGrid(
  api: PrometheusApi,
  grid: Grid,
  subject: SeriesSelection,
  reading: ClassScheme,
  signal: AbortSignal,
) {
  const evidence = await fetchRequestSeries(api, grid, subject, signal)
  const answers: CountingInput = {
    ...evidence,
    heartbeat: { series: [], warnings: [] },
    grid,
    reading,
    podBirths: {},
    followUpAnswers: noFollowUpAnswers(),
  }
  return countTargets(answers)
}

export async function reportersOf(api: PrometheusApi, query: ReportersQuery, signal: AbortSignal) {
  const step = Math.max(rateStep, Math.ceil((query.until - query.from) / 60_000) * 1000)
  const grid = gridUntil(query.from, query.until, step)
  const seen = async (reporter: CountSource['reporter']) => {
    if (grid.last < 1 || query.workloads.length === 0) return 0
    const label = 'destination_workload'
    const reading: ClassScheme = { label, ...noVersions }
    const subject = requestSelection(query.host, query.namespace, reporter, reading)
    const workloads = { label, op: '=~', value: anyOf(query.workloads) } as const
    const only: SeriesSelection = { ...subject, requests: [...subject.requests, workloads], unreached: [] }
    const { walked } = await countGrid(api, grid, only, reading, signal)
    return walked
      .flatMap(({ added }) => [...added.values()].flatMap((one) => [...one.values()]))
      .reduce((sum, value) => sum + value, 0)
  }
  const [source, destination] = await Promise.all([seen('source'), seen('destination')])
  return { source, destination }
}

export async function baselineOf(api: PrometheusApi, query: BaselineQuery, signal: AbortSignal) {
  const { host, namespace, source } = query
  const past = gridUntil(query.from, query.until, query.interval)
  const recent = gridUntil(query.until - rateTime, query.until, rateStep)
  // only a pod's own proxy tells which pod answered: the history is the pods', whoever counts the release
  const stable = { ...requestSelection(host, namespace, 'destination', source), unreached: [] }
  const [history, now] = await Promise.all([
    past.last < 1 ? null : countGrid(api, past, stable, source, signal),
    countGrid(api, recent, requestSelection(host, namespace, source.reporter, source), source, signal),
  ])
  const sums = history === null ? null : sumHistory(historyOf(past, history.walked, history.classes))
  const rate = requestRate(recent, now.walked, now.classes)
  return {
    calibration: sums === null || sums.n === 0 ? null : sums,
    rate: rate.all,
    unreachedRate: rate.unreached,
  }
}

export async function separationOf(
  api: PrometheusApi,
  query: LabelQuery,
  signal: AbortSignal,
): Promise<LabelProof[]> {
  const { host, reporter, versions, from, until } = query
  return Promise.all(
    candidates(versions, reporter).map(async (candidate) => {
      const text = separationQuery(host, reporter, candidate.label, until - from, [reachedOnly])
      return proofOf(candidate, await api.instant(text, until, signal))
    }),
  )
}
