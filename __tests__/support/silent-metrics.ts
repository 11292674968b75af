import type { MetricsPort } from '../../src/rollout/ports.ts'

/** What a test says of its store itself. */
type Own = 'counts' | 'facts' | 'reporters' | 'newestSample'

/** silentMetrics answers as a store does that has counts of requests, the history of a good version, and nothing else. */
export const silentMetrics: Omit<MetricsPort, Own> = {
  probe: async () => ({ version: 'memory' }),
  baseline: async () => ({
    calibration: { n: 180_000, b: 180, S1: 120, S2: 120, S4: 60, df: 400 },
    rate: 50,
    unreachedRate: 0,
    jumps: null,
  }),
  scrapeInterval: async () => 15_000,
  separation: async () => [],
  infrastructure: async () => [],
  failedRequests: async () => ({ kinds: { canary: [], stable: [] }, pods: { canary: [], stable: [] } }),
  slowPods: async () => ({ canary: [], stable: [] }),
  streamMessages: async () => ({ canary: 0, stable: 0 }),
  routeCounts: async () => [],
  routeCalibrations: async () => [],
  latencyBounds: async () => null,
  latencyCounts: async () => null,
  latencyCalibration: async () => null,
  durationCounts: async () => [],
  latencyQuantiles: async () => ({ canary: null, stable: null }),
  instant: async () => ({ series: [], warnings: [] }),
  range: async () => ({ series: [], warnings: [] }),
}
