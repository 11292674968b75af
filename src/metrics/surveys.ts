import type { CountSeries, CountSource } from '../release/counts.ts'
import type { Api } from './api.ts'
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
import { type Grid, gridUntil, timeAt } from './grid.ts'
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
import type {
  BaselineQuery,
  CountsQuery,
  Latency,
  LatencyQuery,
  ReportersQuery,
  RoutesQuery,
  SeparationQuery,
} from './questions.ts'
import { candidates, type Proof, proofOf, reachedOnly, separationQuery } from './separation.ts'
import { type Extras, type Wish, wishName } from './walk.ts'

/** The last minutes that a rate is measured over, and how finely, ms. */
const rateTime = 300_000
const rateStep = 15_000

/** How far back a histogram's bounds are looked for, ms. */
export const boundsTime = 3_600_000

/** Most rounds of further questions: each restart seen by a closer look can need one more. */
const mostRounds = 10

/** Source is where counts come from: the door's way to ask, and what it was told before. */
export interface Source {
  api: Api
  memory: Memory
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

/**
 * Memory keeps, by subject and grid, what was granted beside the grid. Only what lies a while back is kept: it
 * doesn't change any more, so a fresh process would be told the same.
 */
export type Memory = Map<string, Extras>

/** How long after its time an answer may still change (late scrapes, remote writes), ms. */
const stillMoving = 60_000

/** Most subjects that are remembered; a release asks for a handful. */
const mostRemembered = 32

function remember(memory: Memory, name: string, granted: readonly Wish[], answers: GridAnswers): void {
  const { grid, extras } = answers
  const kept = memory.get(name) ?? noExtras()
  for (const wish of granted) {
    const last = wish.kind === 'scraped' ? wish.index : wish.until
    if (timeAt(grid, last) > timeAt(grid, grid.last) - stillMoving) continue
    const key = wishName(wish)
    const samples = extras.samples.get(key)
    if (samples !== undefined) kept.samples.set(key, samples)
    const scraped = extras.scraped.get(key)
    if (scraped !== undefined) kept.scraped.set(key, scraped)
  }
  memory.set(name, kept)
  const oldest = memory.keys().next().value
  if (memory.size > mostRemembered && oldest !== undefined) memory.delete(oldest)
}

/** settled asks for a subject on a grid, and for what the counting wishes to know beside it. */
async function settled(
  { api, memory }: Source,
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
  const name = JSON.stringify([subject, grid.start, grid.interval])
  const known = memory.get(name) ?? noExtras()
  const extras = { scraped: new Map(known.scraped), samples: new Map(known.samples) }
  const answers = { ...evidence, heartbeat, grid, reading, podBirths: query.podBirths, extras }
  const granted: Wish[] = []
  for (let round = 0; round < mostRounds; round += 1) {
    const wishes = walkAll(answers).walked.flatMap((one) => one.wishes)
    if (wishes.length === 0) break
    await grant(api, grid, subject, wishes, extras, signal)
    granted.push(...wishes)
  }
  remember(memory, name, granted, answers)
  return answers
}

export async function countsOf(from: Source, query: CountsQuery, signal: AbortSignal): Promise<CountSeries> {
  if (query.until < query.start) return { points: [], notes: [] }
  const subject = subjectOf(query.host, query.namespace, query.source.reporter, query.source)
  return countRequests(await settled(from, query, query.source, subject, signal)).series
}

export async function routesOf(from: Source, query: RoutesQuery, signal: AbortSignal): Promise<RouteCount[]> {
  if (query.until < query.start) return []
  const reading: Reading = { ...query.source, route: labelName(query.route) }
  const subject = subjectOf(query.host, query.namespace, query.source.reporter, reading)
  const answers = await settled(from, query, reading, { ...subject, unreached: [] }, signal)
  return countRoutes(answers, query.most)
}

export async function latencyOf(
  from: Source,
  query: LatencyQuery,
  signal: AbortSignal,
): Promise<Latency | null> {
  const { host, source } = query
  const bounds = boundsOf(
    await from.api.instant(boundsQuery(host, source.reporter, boundsTime), query.until, signal),
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
  const answers = await settled(from, query, reading, subject, signal)
  return { bound, bounds, series: countRequests(answers).series }
}

const nobody = { canary: '', stable: '' }

/** walkGrid walks what a subject showed on a grid, without questions beside it. */
export async function walkGrid(
  api: Api,
  grid: Grid,
  subject: Subject,
  reading: Reading,
  signal: AbortSignal,
) {
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

export async function reportersOf(api: Api, query: ReportersQuery, signal: AbortSignal) {
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

export async function baselineOf(api: Api, query: BaselineQuery, signal: AbortSignal) {
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

export async function separationOf(api: Api, query: SeparationQuery, signal: AbortSignal): Promise<Proof[]> {
  const { host, reporter, versions, from, until } = query
  return Promise.all(
    candidates(versions, reporter).map(async (candidate) => {
      const text = separationQuery(host, reporter, candidate.label, until - from, [reachedOnly])
      return proofOf(candidate, await api.instant(text, until, signal))
    }),
  )
}
