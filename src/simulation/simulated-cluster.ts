import type { CountSeries } from '../release/evidence/counts.ts'
import { Failure } from '../release/failure.ts'
import { createInMemoryRouting } from './in-memory-routing.ts'
import { latencyBounds } from './latency.ts'
import type { Random } from './random.ts'
import { createSimulatedDetails, nearestBound, type SimulatedDetails } from './simulated-details.ts'
import { noLease, readyWorkloads } from './simulated-objects.ts'
import { createSimulatedTraffic, type SimulatedTraffic } from './simulated-traffic.ts'
import type { SimulationInput } from './simulation-input.ts'

/**
 * createSimulatedCluster makes a cluster with one service, its mesh, its Prometheus and its clock in memory: the ports
 * that a release asks for, without a wire. Time moves only by sleeping. The same random source gives the same run.
 */
export function createSimulatedCluster(input: SimulationInput, random: Random) {
  let now = 0
  const traffic = createSimulatedTraffic(input, random.fork('requests'))
  const details = input.detailed
    ? createSimulatedDetails(input, traffic.totals, random.fork('details'))
    : null
  const clock = {
    now: () => now,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      now += ms
      traffic.advance(now)
    },
  }
  return {
    clock,
    routing: createInMemoryRouting('v1', ({ v2: share = 0 }) => traffic.shift(now, share)),
    leases: noLease(),
    metrics: simulatedMetrics(traffic, details),
    probe: async () => ({ status: 200, text: 'simulated' }),
    workloads: { workloads: async () => readyWorkloads(input.pods) },
    impact: traffic.impact,
  }
}

function simulatedMetrics(traffic: SimulatedTraffic, details: SimulatedDetails | null) {
  return {
    probe: async () => ({ version: 'simulated' }),
    reporters: async () => ({ source: 1, destination: 1 }),
    facts: async (): Promise<never> => {
      throw new Failure('internal', 'A simulation has no preflight. Please report this.')
    },
    scrapeInterval: async () => null,
    newestSample: async () => null,
    counts: async (query: Span) => withAnswers(traffic.counts(query), query, details),
    baseline: async () => traffic.baseline(),
    separation: async () => [],
    infrastructure: async () => [],
    failedRequests: async () => ({ kinds: { canary: [], stable: [] }, pods: { canary: [], stable: [] } }),
    slowPods: async () => ({ canary: [], stable: [] }),
    streamMessages: async () => ({ canary: 0, stable: 0 }),
    ...gateAnswers(details),
  }
}

interface Span {
  start: number
  until: number
  interval: number
}

function withAnswers(series: CountSeries, { start }: Span, details: SimulatedDetails | null): CountSeries {
  if (details === null) return series
  const points = series.points.map((point) => ({
    ...point,
    answers: details.answersAt(start, start + point.t * 1000),
  }))
  return { ...series, points }
}

/** What gates ask beside failed requests; without details there is none of it. */
function gateAnswers(details: SimulatedDetails | null) {
  const slow = (query: Span, bound: number) => details?.slow({ ...query, bound }) ?? { points: [], notes: [] }
  const bounds = latencyBounds.filter((bound) => Number.isFinite(bound))
  return {
    routeCounts: async () => [],
    routeCalibrations: async () => [],
    latencyBounds: async ({ threshold }: { threshold: number }) =>
      details === null ? null : { bound: nearestBound(threshold), bounds },
    async latencyCounts(query: Span & { threshold: number }) {
      if (details === null) return null
      const bound = nearestBound(query.threshold)
      return { bound, series: slow(query, bound) }
    },
    latencyCalibration: async ({ bound }: { bound: number }) => details?.slowCalibration(bound) ?? null,
    durationCounts: async (query: Span & { bounds: readonly number[] }) =>
      details === null ? [] : query.bounds.map((bound) => ({ bound, series: slow(query, bound) })),
    latencyQuantiles: async () => details?.quantiles() ?? { canary: null, stable: null },
    instant: async () => ({ series: [], warnings: [] }),
    range: async (query: string, start: number, until: number, interval: number) =>
      details?.range(query, { start, until, interval }) ?? { series: [], warnings: [] },
  }
}
