import type { CountSeries } from '../release/counts.ts'
import { Failure, isFailure, sentenceOf } from '../release/failure.ts'
import type { GateAnswer, GateEvidence } from '../release/gate-evidence.ts'
import type { ErrorsGate, GateSpec, LatencyGate, QueryGate, RatioGate, SideName } from '../release/gates.ts'
import { askedGates } from '../release/gates.ts'
import type { GateBaseline, RouteBaseline } from '../release/state/state.ts'
import type { ClassScheme } from './counting/classes.ts'
import { classLabelsOf } from './counting/classes.ts'
import { type Grid, gridUntil } from './counting/grid.ts'
import { historyOf, sumHistory } from './counting/history.ts'
import { fetchInfrastructure, type SideInfrastructure } from './infrastructure.ts'
import { boundsOf, boundsQuery, durationMatchers, durationMetric, snapBound } from './latency/bounds.ts'
import { bucketsQuery, latencyView } from './latency/quantiles.ts'
import { boundsTime, countGrid, latencyOf, type MetricsSource, routeCountsOf } from './operations.ts'
import { checkLabelName, heartbeatQuery, hostMatchers, requestsMetric } from './promql.ts'
import type { CountsQuery } from './query-types.ts'
import { countRatio, ratioCalibration } from './ratio.ts'
import { readingOf, readingsOf } from './readings.ts'
import { fillTemplate, type Sides } from './templates.ts'

/** GatesQuery asks for the evidence of the gates on a release's grid. */
export interface GatesQuery extends CountsQuery {
  service: string
  gates: readonly GateSpec[]
  facts: GateBaseline
  /** Pods of a version, for templates, and what lies beneath them. */
  versions: Record<SideName, { version: string } & SideInfrastructure>
}

/** GateFactsQuery asks what must be fixed about the gates before a release: between two times, ms. */
export interface GateFactsQuery {
  host: string
  namespace: string
  service: string
  source: CountsQuery['source']
  gates: readonly GateSpec[]
  versions: Record<SideName, { version: string; workload: string }>
  from: number
  until: number
  interval: number
}

/** FoundFacts is what was found, and what a reader should know; `wrong` where a gate can't be judged at all. */
export interface FoundFacts {
  facts: GateBaseline
  notes: { gate: string; wrong: boolean; text: string }[]
}

/**
 * gatesOf asks for the evidence of every gate; one that can't be asked troubles nobody else. Only an abort throws.
 */
export async function gatesOf(
  from: MetricsSource,
  query: GatesQuery,
  signal: AbortSignal,
): Promise<GateEvidence> {
  const grid = gridUntil(query.start, query.until, query.interval)
  if (grid.last < 0) return { answers: [], infrastructure: [] }
  const [answers, infrastructure] = await Promise.all([
    Promise.all(askedGates(query.gates).map((gate) => answersOf(from, query, grid, gate, signal))),
    fetchInfrastructure(from.api, grid, query.namespace, query.versions, signal),
  ])
  return { answers: answers.flat(), infrastructure }
}

async function answersOf(
  from: MetricsSource,
  query: GatesQuery,
  grid: Grid,
  gate: GateSpec,
  signal: AbortSignal,
): Promise<GateAnswer[]> {
  try {
    if (gate.type === 'errors') return await routeAnswers(from, query, gate, signal)
    if (gate.type === 'latency') return [await latencyAnswer(from, query, gate, signal)]
    if (gate.type === 'query') return [await queryAnswer(from, query, grid, gate, signal)]
    if (gate.type !== 'ratio') return []
    const series = await ratioSeries(from, grid, gate, sidesOf(query), signal)
    return [{ gate: gate.name, route: null, kind: 'counts', series }]
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    return [troubleOf(gate, error)]
  }
}

/** An answer that makes no sense is the query's fault, silence is not. */
function troubleOf(gate: GateSpec, error: unknown): GateAnswer {
  const senseless = isFailure(error, 'bad-query', 'bad-answer', 'too-large', 'not-found', 'invalid-input')
  const outcome = senseless ? 'bad-data' : 'metrics-outage'
  return { gate: gate.name, route: null, kind: 'trouble', outcome, text: sentenceOf(error) }
}

async function routeAnswers(
  from: MetricsSource,
  query: GatesQuery,
  gate: ErrorsGate,
  signal: AbortSignal,
): Promise<GateAnswer[]> {
  if (gate.routes === null || query.facts.routes.length === 0) return []
  const wanted = new Set(query.facts.routes.map(({ route }) => route))
  const all = { ...query, route: gate.routes.label, most: Number.POSITIVE_INFINITY }
  const counted = await routeCountsOf(from, all, signal)
  return counted
    .filter(({ route }) => wanted.has(route))
    .map(({ route, series }) => ({ gate: gate.name, route, kind: 'counts', series }))
}

async function latencyAnswer(
  from: MetricsSource,
  query: GatesQuery,
  gate: LatencyGate,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const { host, source, until } = query
  const fixed = query.facts.bounds[gate.name]
  const threshold = fixed ?? gate.over
  const [latency, buckets] = await Promise.all([
    latencyOf(from, { ...query, threshold }, signal),
    from.api.instant(bucketsQuery(host, source.reporter, source.label), until, signal),
  ])
  // before the first request there was no histogram to fix a bound by
  if (latency !== null && fixed !== undefined && latency.bound !== fixed) {
    throw new Failure('bad-answer', `the histogram has lost its bound of ${threshold} ms`)
  }
  const series: CountSeries = latency?.series ?? { points: [], notes: [] }
  const quantiles = latencyView(buckets, source)
  return { gate: gate.name, route: null, kind: 'counts', series, quantiles }
}

async function queryAnswer(
  from: MetricsSource,
  query: GatesQuery,
  grid: Grid,
  gate: QueryGate,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const text = fillTemplate(gate.query, sidesOf(query))
  const answer = await from.api.range(text, grid.start, query.until, grid.interval, signal)
  return { gate: gate.name, route: null, kind: 'readings', readings: readingsOf(grid, answer) }
}

async function ratioSeries(
  from: Pick<MetricsSource, 'api'>,
  grid: Grid,
  gate: RatioGate,
  sides: Sides,
  signal: AbortSignal,
): Promise<CountSeries> {
  const until = grid.start + grid.last * grid.interval
  const ask = (template: string, side: SideName) =>
    from.api.range(fillTemplate(template, sides, side), grid.start, until, grid.interval, signal)
  const [heartbeat, canaryBad, canaryTotal, stableBad, stableTotal] = await Promise.all([
    from.api.range(heartbeatQuery, grid.start, until, grid.interval, signal),
    ask(gate.bad, 'canary'),
    ask(gate.total, 'canary'),
    ask(gate.bad, 'stable'),
    ask(gate.total, 'stable'),
  ])
  return countRatio(grid, {
    heartbeat,
    canary: { bad: canaryBad, total: canaryTotal },
    stable: { bad: stableBad, total: stableTotal },
  })
}

type SidesQuery = Pick<GateFactsQuery, 'namespace' | 'service' | 'host' | 'source' | 'versions'>

function sidesOf({ namespace, service, host, source, versions }: SidesQuery): Sides {
  return { namespace, service, host, source, canary: versions.canary, stable: versions.stable }
}

/**
 * gateFactsOf looks at every gate once before a release: the bound that a latency is judged at, the routes that will
 * be judged by themselves, what stable showed. Throws Failure as the door does, `invalid-config` for a query that
 * Prometheus refuses.
 */
export async function gateFactsOf(
  from: MetricsSource,
  query: GateFactsQuery,
  signal: AbortSignal,
): Promise<FoundFacts> {
  const found: FoundFacts = { facts: { bounds: {}, calibrations: {}, routes: [] }, notes: [] }
  const grid = gridUntil(query.from, query.until, query.interval)
  for (const gate of askedGates(query.gates)) {
    try {
      if (gate.type === 'errors')
        found.facts.routes = await routeFacts(from, query, grid, gate, found, signal)
      if (gate.type === 'latency') await latencyFacts(from, query, grid, gate, found, signal)
      if (gate.type === 'ratio') await ratioFacts(from, query, grid, gate, found, signal)
      if (gate.type === 'query') await queryFacts(from, query, gate, found, signal)
    } catch (error) {
      if (!isFailure(error, 'bad-query', 'bad-answer')) throw error
      throw new Failure('invalid-config', `Gate ${gate.name}: ${sentenceOf(error)}`, {
        cause: error,
        details: { field: 'gates', value: gate.name },
      })
    }
  }
  return found
}

async function latencyFacts(
  { api }: MetricsSource,
  query: GateFactsQuery,
  grid: Grid,
  gate: LatencyGate,
  { facts, notes }: FoundFacts,
  signal: AbortSignal,
): Promise<void> {
  const { host, source, until } = query
  const bounds = boundsOf(await api.instant(boundsQuery(host, source.reporter, boundsTime), until, signal))
  const bound = snapBound(bounds, gate.over)
  if (bound === null) {
    const text = `${durationMetric} has no series for ${host}: latency can't be judged`
    notes.push({ gate: gate.name, wrong: true, text })
    return
  }
  facts.bounds[gate.name] = bound
  if (bound !== gate.over) {
    const text = `the histogram has no bound at ${gate.over} ms: judged at ${bound} ms, the nearest of ${bounds.join(', ')}`
    notes.push({ gate: gate.name, wrong: false, text })
  }
  const reading: ClassScheme = { ...source, by: 'speed' }
  // as for errors, only a pod's own proxy tells which pod answered
  const requests = durationMatchers(host, 'destination', bound)
  const subject = { metric: durationMetric, requests, unreached: [], by: classLabelsOf(reading) }
  const { walked, classes } = await countGrid(api, grid, subject, reading, signal)
  const sums = sumHistory(historyOf(grid, walked, classes))
  if (sums.n > 0) facts.calibrations[gate.name] = sums
}

async function ratioFacts(
  from: MetricsSource,
  query: GateFactsQuery,
  grid: Grid,
  gate: RatioGate,
  { facts, notes }: FoundFacts,
  signal: AbortSignal,
): Promise<void> {
  const calibration = ratioCalibration(await ratioSeries(from, grid, gate, sidesOf(query), signal))
  if (calibration !== null) facts.calibrations[gate.name] = calibration
  else
    notes.push({
      gate: gate.name,
      wrong: false,
      text: 'its counters showed no events of stable before the release',
    })
}

async function queryFacts(
  { api }: MetricsSource,
  query: GateFactsQuery,
  gate: QueryGate,
  { notes }: FoundFacts,
  signal: AbortSignal,
): Promise<void> {
  const { series } = await api.instant(fillTemplate(gate.query, sidesOf(query)), query.until, signal)
  const { outcome, text } = readingOf(series.map(({ samples }) => samples.at(-1)?.[1] ?? Number.NaN))
  // a canary without requests has nothing to show yet: only an answer of the wrong kind is worth a word
  if (outcome === 'bad-data') notes.push({ gate: gate.name, wrong: false, text })
}

async function routeFacts(
  { api }: MetricsSource,
  query: GateFactsQuery,
  grid: Grid,
  gate: ErrorsGate,
  { notes }: FoundFacts,
  signal: AbortSignal,
): Promise<RouteBaseline[]> {
  const { label, top } = gate.routes as NonNullable<ErrorsGate['routes']>
  const reading: ClassScheme = { ...query.source, route: checkLabelName(label) }
  const requests = hostMatchers({ reporter: query.source.reporter, host: query.host })
  const subject = { metric: requestsMetric, requests, unreached: [], by: classLabelsOf(reading) }
  const { walked, classes } = await countGrid(api, grid, subject, reading, signal)
  const names = [...new Set([...classes.values()].map(({ route }) => route))].filter((route) => route !== '')
  const routes = names.map((route) => ({
    route,
    sums: sumHistory(historyOf(grid, walked, classes, (seriesClass) => seriesClass.route === route)),
  }))
  const all = routes.reduce((sum, { sums }) => sum + sums.n, 0)
  if (all === 0) {
    const text = `no request before the release carries the label ${label}: only the total is judged`
    notes.push({ gate: gate.name, wrong: false, text })
  }
  return routes
    .filter(({ route, sums }) => sums.n > 0 && route.length <= 200 && !/\p{Cc}/u.test(route))
    .sort((a, b) => b.sums.n - a.sums.n || (a.route < b.route ? -1 : 1))
    .slice(0, top)
    .map(({ route, sums }) => ({ route, share: sums.n / all, calibration: sums }))
}
