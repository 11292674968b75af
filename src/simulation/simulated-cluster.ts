import { Failure } from '../release/failure.ts'
import { createInMemoryRouting } from './in-memory-routing.ts'
import type { Random } from './random.ts'
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
    metrics: simulatedMetrics(traffic),
    probe: async () => ({ status: 200, text: 'simulated' }),
    workloads: { workloads: async () => readyWorkloads(input.pods) },
    impact: traffic.impact,
  }
}

function simulatedMetrics(traffic: SimulatedTraffic) {
  return {
    probe: async () => ({ version: 'simulated' }),
    reporters: async () => ({ source: 1, destination: 1 }),
    facts: async (): Promise<never> => {
      throw new Failure('internal', 'A simulation has no preflight. Please report this.')
    },
    scrapeInterval: async () => null,
    newestSample: async () => null,
    counts: async (query: { start: number; until: number; interval: number }) => traffic.counts(query),
    baseline: async () => traffic.baseline(),
    separation: async () => [],
    infrastructure: async () => [],
    ...gateAnswers,
  }
}

/** Without any other gate configured, none of these is asked. */
const gateAnswers = {
  routeCounts: async () => [],
  routeCalibrations: async () => [],
  latencyBounds: async () => null,
  latencyCounts: async () => null,
  latencyCalibration: async () => null,
  latencyQuantiles: async () => ({ canary: null, stable: null }),
  instant: async () => ({ series: [], warnings: [] }),
  range: async () => ({ series: [], warnings: [] }),
}
