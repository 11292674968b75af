import type { CountSeries } from '../release/counts.ts'
import { Failure, isFailure, sentenceOf } from '../release/failure.ts'
import type { GateAnswer, GateEvidence } from '../release/gate-evidence.ts'
import type { ErrorsGate, GateSpec, LatencyGate, QueryGate, RatioGate, SideName } from '../release/gates.ts'
import { askedGates } from '../release/gates.ts'
import { type Grid, gridUntil } from '../release/grid.ts'
import { heartbeatQuery } from '../release/promql.ts'
import type { QuerySource } from '../release/query-source.ts'
import type { GateBaseline, RouteBaseline } from '../release/state/state.ts'
import { countRatio, ratioCalibration } from './ratio.ts'
import { readingOf, readingsOf } from './readings.ts'
import type { CountsQuery, MeshRequestCounter, SideInfrastructure } from './request-counter.ts'
import { fillTemplate, type Sides } from './templates.ts'

/** GateSources are the two ways to evidence: exact counts of mesh requests, and queries of the user's. */
export interface GateSources {
  counter: MeshRequestCounter
  queries: QuerySource
}

/** GatesQuery asks for the evidence of the gates on a release's grid. */
export interface GatesQuery extends CountsQuery {
  service: string
  gates: readonly GateSpec[]
  facts: GateBaseline
  /** Pods of a version, for templates, and the nodes that they run on. */
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
 * gatesOf asks for the evidence of every gate; one that can't be queried spoils no other. Only an abort throws.
 */
export async function gatesOf(
  from: GateSources,
  query: GatesQuery,
  signal: AbortSignal,
): Promise<GateEvidence> {
  const grid = gridUntil(query.start, query.until, query.interval)
  if (grid.last < 0) return { answers: [], infrastructure: [] }
  const [answers, infrastructure] = await Promise.all([
    Promise.all(askedGates(query.gates).map((gate) => answersOf(from, query, grid, gate, signal))),
    from.counter.infrastructure(query, signal),
  ])
  return { answers: answers.flat(), infrastructure }
}

async function answersOf(
  from: GateSources,
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
  from: GateSources,
  query: GatesQuery,
  gate: ErrorsGate,
  signal: AbortSignal,
): Promise<GateAnswer[]> {
  if (gate.routes === null || query.facts.routes.length === 0) return []
  const wanted = new Set(query.facts.routes.map(({ route }) => route))
  const all = { ...query, route: gate.routes.label, most: Number.POSITIVE_INFINITY }
  const counted = await from.counter.routeCounts(all, signal)
  return counted
    .filter(({ route }) => wanted.has(route))
    .map(({ route, series }) => ({ gate: gate.name, route, kind: 'counts', series }))
}

async function latencyAnswer(
  from: GateSources,
  query: GatesQuery,
  gate: LatencyGate,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const fixed = query.facts.bounds[gate.name]
  const threshold = fixed ?? gate.over
  const [latency, quantiles] = await Promise.all([
    from.counter.latencyCounts({ ...query, threshold }, signal),
    from.counter.latencyQuantiles(query, signal),
  ])
  // before the first request there was no histogram to fix a bound by
  if (latency !== null && fixed !== undefined && latency.bound !== fixed) {
    throw new Failure('bad-answer', `the histogram has lost its bound of ${threshold} ms`)
  }
  const series: CountSeries = latency?.series ?? { points: [], notes: [] }
  return { gate: gate.name, route: null, kind: 'counts', series, quantiles }
}

async function queryAnswer(
  from: GateSources,
  query: GatesQuery,
  grid: Grid,
  gate: QueryGate,
  signal: AbortSignal,
): Promise<GateAnswer> {
  const text = fillTemplate(gate.query, sidesOf(query))
  const answer = await from.queries.range(text, grid.start, query.until, grid.interval, signal)
  return { gate: gate.name, route: null, kind: 'readings', readings: readingsOf(grid, answer) }
}

async function ratioSeries(
  from: Pick<GateSources, 'queries'>,
  grid: Grid,
  gate: RatioGate,
  sides: Sides,
  signal: AbortSignal,
): Promise<CountSeries> {
  const until = grid.start + grid.last * grid.interval
  const ask = (template: string, side: SideName) =>
    from.queries.range(fillTemplate(template, sides, side), grid.start, until, grid.interval, signal)
  const [heartbeat, canaryBad, canaryTotal, stableBad, stableTotal] = await Promise.all([
    from.queries.range(heartbeatQuery, grid.start, until, grid.interval, signal),
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
  from: GateSources,
  query: GateFactsQuery,
  signal: AbortSignal,
): Promise<FoundFacts> {
  const found: FoundFacts = { facts: { bounds: {}, calibrations: {}, routes: [] }, notes: [] }
  const grid = gridUntil(query.from, query.until, query.interval)
  for (const gate of askedGates(query.gates)) {
    try {
      if (gate.type === 'errors') found.facts.routes = await routeFacts(from, query, gate, found, signal)
      if (gate.type === 'latency') await latencyFacts(from, query, gate, found, signal)
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
  { counter }: GateSources,
  query: GateFactsQuery,
  gate: LatencyGate,
  { facts, notes }: FoundFacts,
  signal: AbortSignal,
): Promise<void> {
  const found = await counter.latencyBounds({ ...query, threshold: gate.over }, signal)
  if (found === null) {
    const text = `there is no histogram of request durations for ${query.host}: latency can't be judged`
    notes.push({ gate: gate.name, wrong: true, text })
    return
  }
  const { bound, bounds } = found
  facts.bounds[gate.name] = bound
  if (bound !== gate.over) {
    const text = `the histogram has no bound at ${gate.over} ms: judged at ${bound} ms, the nearest of ${bounds.join(', ')}`
    notes.push({ gate: gate.name, wrong: false, text })
  }
  const calibration = await counter.latencyCalibration({ ...query, bound }, signal)
  if (calibration !== null) facts.calibrations[gate.name] = calibration
}

async function ratioFacts(
  from: GateSources,
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
  { queries }: GateSources,
  query: GateFactsQuery,
  gate: QueryGate,
  { notes }: FoundFacts,
  signal: AbortSignal,
): Promise<void> {
  const { series } = await queries.instant(fillTemplate(gate.query, sidesOf(query)), query.until, signal)
  const { outcome, text } = readingOf(series.map(({ samples }) => samples.at(-1)?.[1] ?? Number.NaN))
  // a canary without requests has nothing to show yet: only an answer of the wrong kind is worth a word
  if (outcome === 'bad-data') notes.push({ gate: gate.name, wrong: false, text })
}

async function routeFacts(
  { counter }: GateSources,
  query: GateFactsQuery,
  gate: ErrorsGate,
  { notes }: FoundFacts,
  signal: AbortSignal,
): Promise<RouteBaseline[]> {
  const { label, top } = gate.routes as NonNullable<ErrorsGate['routes']>
  const routes = await counter.routeCalibrations({ ...query, route: label }, signal)
  const all = routes.reduce((sum, { calibration }) => sum + calibration.n, 0)
  if (all === 0) {
    const text = `no request before the release carries the label ${label}: only the total is judged`
    notes.push({ gate: gate.name, wrong: false, text })
  }
  return routes
    .filter(({ route, calibration }) => calibration.n > 0 && route.length <= 200 && !/\p{Cc}/u.test(route))
    .sort((a, b) => b.calibration.n - a.calibration.n || (a.route < b.route ? -1 : 1))
    .slice(0, top)
    .map(({ route, calibration }) => ({ route, share: calibration.n / all, calibration }))
}
