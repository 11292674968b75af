import type { CountPoint, CountSeries, CountSource } from '../../../src/release/evidence/counts.ts'
import { Failure } from '../../../src/release/failure.ts'
import type { CountQuery, MetricsPort } from '../../../src/rollout/ports.ts'
import type { MetricsAnswer, ModelProcess } from './process.ts'

/** A call that never answers: the process that made it is gone. */
const forever = new Promise<never>(() => {})

interface CountedWorld {
  metrics: MetricsAnswer
  traffic: { pointAt(from: number, at: number, source: CountSource): CountPoint }
}

/** modelMetrics is the Prometheus of a world in memory, as one process sees it. */
export function modelMetrics(process: ModelProcess, world: CountedWorld): MetricsPort {
  const answer = (): void => {
    process.lastMetrics = world.metrics
    if (world.metrics === 'down') throw new Failure('unreachable', 'Prometheus is away.')
    if (world.metrics === 'odd') throw new Failure('bad-answer', 'Prometheus answers nonsense.')
    if (world.metrics === 'refused') throw new Failure('unauthorized', 'Prometheus rejects the credentials.')
    if (world.metrics === 'partial') throw new Failure('incomplete', 'The answer is incomplete.')
  }
  const counts = ({ start, until, interval, source }: CountQuery): CountSeries => {
    answer()
    const points: CountPoint[] = []
    for (let at = start; at <= until; at += interval) points.push(world.traffic.pointAt(start, at, source))
    const hidden = world.metrics === 'blind' ? 1 : world.metrics === 'gone' ? 4 : 0
    const from = points.length - hidden
    const nothing = { canary: null, stable: null }
    return {
      points: points.map((point, index) => (index < from ? point : { ...point, ...nothing })),
      notes: [],
    }
  }
  const host = 'my-api.shop.svc.cluster.local'
  const asked =
    <Value>(value: Value) =>
    async (): Promise<Value> => {
      if (process.dead) return forever
      answer()
      return value
    }
  return {
    counts: async (query) => (process.dead ? forever : counts(query)),
    probe: asked({ version: 'model' }),
    reporters: asked({ source: 1, destination: 1 }),
    facts: async ({ until, readyPods }) => {
      answer()
      const labels = {
        reporter: 'source',
        instance: 'a',
        pod: 'caller',
        destination_service: host,
        response_code: '200',
        response_flags: '-',
      }
      const pods = { ready: readyPods, scraped: readyPods }
      return {
        host,
        series: [labels],
        heights: [700],
        mesh: null,
        similar: null,
        newest: until - 5_000,
        asOf: until,
        interval: 15_000,
        pods,
        foreignPods: [],
        canaryRequests: 0,
        repeatable: true,
        clockSkew: null,
        slowestInterval: 15_000,
        longRequests: null,
        selector: 'istio_requests_total{}',
      }
    },
    baseline: asked({
      calibration: { n: 180_000, b: 180, S1: 120, S2: 120, S4: 60, df: 400 },
      rate: 50,
      unreachedRate: 0,
      jumps: null,
    }),
    separation: asked([]),
    infrastructure: asked([]),
    routeCounts: asked([]),
    routeCalibrations: asked([]),
    latencyBounds: asked(null),
    latencyCounts: asked(null),
    latencyCalibration: asked(null),
    failedRequests: asked({ kinds: { canary: [], stable: [] }, pods: { canary: [], stable: [] } }),
    slowPods: asked({ canary: [], stable: [] }),
    streamMessages: asked({ canary: 0, stable: 0 }),
    durationCounts: asked([]),
    latencyQuantiles: asked({ canary: null, stable: null }),
    instant: asked({ series: [], warnings: [] }),
    range: asked({ series: [], warnings: [] }),
    scrapeInterval: asked(15_000),
    newestSample: asked(null),
  }
}
