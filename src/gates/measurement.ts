import type { CountSeries } from '../release/evidence/counts.ts'
import { alignedGrid, type Grid, gridUntil } from '../release/evidence/grid.ts'
import type { QuerySource } from '../release/evidence/query-source.ts'
import type { SideName } from '../release/gates.ts'
import { heartbeatQuery } from '../release/promql.ts'
import type {
  GateHistory,
  GateMetrics,
  GateSource,
  GateTarget,
  GridQuery,
  HistoryQuery,
} from './gate-source.ts'
import { readingOf, readingsOf } from './query/readings.ts'
import { countEvents, eventCalibration } from './ratio/event-counts.ts'
import { fillTemplate } from './template.ts'

/** createGateSource measures on the release's grid, by a metrics adapter and by probes. */
export function createGateSource(
  metrics: GateMetrics,
  probe: (address: string, timeout: number, signal: AbortSignal) => ReturnType<GateSource['probe']>,
  query: GridQuery,
  signal: AbortSignal,
): GateSource {
  const grid = gridUntil(query.start, query.until, query.interval)
  return {
    requestsByRoute: (route) =>
      metrics.routeCounts({ ...query, route, most: Number.POSITIVE_INFINITY }, signal),
    async slowRequests(threshold) {
      const [counted, quantiles] = await Promise.all([
        metrics.latencyCounts({ ...query, threshold }, signal),
        metrics.latencyQuantiles(query, signal),
      ])
      return counted === null ? null : { bound: counted.bound, series: counted.series, quantiles }
    },
    async durations(bounds) {
      const [counts, quantiles] = await Promise.all([
        metrics.durationCounts({ ...query, bounds }, signal),
        metrics.latencyQuantiles(query, signal),
      ])
      return { counts, quantiles }
    },
    events: (bad, total) => eventCounts(metrics, grid, { bad, total }, query, signal),
    async readings(template) {
      const text = fillTemplate(template, sidesOf(query))
      return readingsOf(grid, await metrics.range(text, grid.start, query.until, grid.interval, signal))
    },
    probe: (address, timeout) => probe(address, timeout, signal),
  }
}

/** createGateHistory measures what stable showed before a release. */
export function createGateHistory(
  metrics: GateMetrics,
  query: HistoryQuery,
  signal: AbortSignal,
): GateHistory {
  return {
    async requestsByRoute(route) {
      const found = await metrics.routeCalibrations({ ...query, route }, signal)
      return found.toSorted((a, b) => b.calibration.n - a.calibration.n || (a.route < b.route ? -1 : 1))
    },
    async slowRequests(threshold) {
      const found = await metrics.latencyBounds({ ...query, threshold }, signal)
      if (found === null) return null
      const calibration = await metrics.latencyCalibration({ ...query, bound: found.bound }, signal)
      return { ...found, calibration }
    },
    async durationBounds() {
      const { stable } = await metrics.latencyQuantiles(query, signal)
      // a native histogram knows every threshold: then two digits are what people read
      const nearest = (ms: number) =>
        metrics.latencyBounds({ ...query, threshold: Number(ms.toPrecision(2)) }, signal)
      const found = await Promise.all((stable ?? []).filter((ms) => ms > 0).map(nearest))
      return [...new Set(found.flatMap((one) => (one === null ? [] : [one.bound])))].sort((a, b) => a - b)
    },
    async events(bad, total) {
      const grid = alignedGrid(query.from, query.until, query.interval)
      const counted = await eventCounts(metrics, grid, { bad, total }, query, signal)
      return { calibration: eventCalibration(counted), annotations: counted.notes.map(({ text }) => text) }
    },
    async reading(template) {
      const text = fillTemplate(template, sidesOf(query))
      const { series, warnings } = await metrics.instant(text, query.until, signal)
      const warning = warnings.find((one) => one.startsWith('PromQL warning:'))
      if (warning !== undefined) return { outcome: 'bad-data', value: null, text: warning }
      const reading = readingOf(series.map(({ samples }) => samples.at(-1)?.[1] ?? Number.NaN))
      return reading.text === '' ? { ...reading, text: warnings.join('; ') } : reading
    },
  }
}

async function eventCounts(
  metrics: QuerySource,
  grid: Grid,
  templates: { bad: string; total: string },
  target: GateTarget,
  signal: AbortSignal,
): Promise<CountSeries> {
  const until = grid.start + grid.last * grid.interval
  const ask = (query: string) => metrics.range(query, grid.start, until, grid.interval, signal)
  const side = async (name: SideName) => {
    const [bad, total] = await Promise.all([
      ask(fillTemplate(templates.bad, sidesOf(target), name)),
      ask(fillTemplate(templates.total, sidesOf(target), name)),
    ])
    return { bad, total }
  }
  const [heartbeat, canary, stable] = await Promise.all([ask(heartbeatQuery), side('canary'), side('stable')])
  return countEvents(grid, { heartbeat, canary, stable })
}

function sidesOf({ versions, ...target }: GateTarget) {
  return { ...target, ...versions }
}
