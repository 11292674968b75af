import type { Calibration, CountSeries, CountSource } from '../release/evidence/counts.ts'
import type { LatencyView, Reading } from '../release/evidence/gate-evidence.ts'
import type { QuerySource } from '../release/evidence/query-source.ts'
import type { SideName } from '../release/gates.ts'

/**
 * GateSource measures what gates ask about one release, on its grid. What each gives is cumulative since the release
 * began. All throw Failure as a metrics adapter does: `bad-answer` and `bad-query` for what makes no sense.
 */
export interface GateSource {
  /** requestsByRoute counts failed requests by the values of a label. */
  requestsByRoute(label: string): Promise<{ route: string; series: CountSeries }[]>
  /** slowRequests counts requests over a threshold (ms) as bad; null where the host has no histogram. */
  slowRequests(threshold: number): Promise<SlowRequests | null>
  /** durations counts requests over each of some bounds (ms) as bad; a bound that a proxy lacks is left out. */
  durations(bounds: readonly number[]): Promise<{ counts: DurationCounts[]; quantiles: LatencyView }>
  /** events counts by two templates, written for the canary: events that are bad, and all. */
  events(bad: string, total: string): Promise<CountSeries>
  /** readings asks a template for one number at each point. */
  readings(template: string): Promise<Reading[]>
  /** probe asks an address now; `status` null: no answer within `timeout` ms. */
  probe(address: string, timeout: number): Promise<{ status: number | null; text: string }>
}

/** SlowRequests counts requests over `bound` ms, the bound of the histogram that is nearest to what was asked. */
interface SlowRequests {
  bound: number
  series: CountSeries
  quantiles: LatencyView
}

/** DurationCounts count requests over `bound` ms as bad. */
interface DurationCounts {
  bound: number
  series: CountSeries
}

/** GateHistory measures the same of stable in the time before a release. */
export interface GateHistory {
  /** requestsByRoute gives every value of a label that requests carried, the busiest first. */
  requestsByRoute(label: string): Promise<{ route: string; calibration: Calibration }[]>
  /** slowRequests picks the nearest of the histogram's bounds (ms); null where the host has no histogram. */
  slowRequests(
    threshold: number,
  ): Promise<{ bound: number; bounds: number[]; calibration: Calibration | null } | null>
  /** durationBounds gives the histogram's bounds (ms, rising) nearest to stable's p50, p95 and p99; none without one. */
  durationBounds(): Promise<number[]>
  /** events counts stable's; `calibration` null where there were none. `annotations` is what the store says of the queries. */
  events(bad: string, total: string): Promise<{ calibration: Calibration | null; annotations: string[] }>
  /** reading asks a template once. */
  reading(template: string): Promise<Omit<Reading, 't'>>
}

/** GateTarget is whose evidence is asked for: the counts of a release, and who is who in templates. */
export interface GateTarget {
  /** FQDN; several, joined by a comma, where versions have Services of their own. */
  host: string
  namespace: string
  service: string
  source: CountSource
  versions: Record<SideName, { version: string; workload: string }>
}

/** GridQuery is a target on its release's grid `start + k·interval`, up to `until`. Times in ms since the epoch. */
export interface GridQuery extends GateTarget {
  start: number
  until: number
  interval: number
  /** Birth of pods that are known, ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
}

/** HistoryQuery is a target between two times before a release, polled every `interval`. */
export interface HistoryQuery extends GateTarget {
  from: number
  until: number
  interval: number
}

type Counts = Omit<GridQuery, 'service' | 'versions'>
type History = Omit<HistoryQuery, 'service' | 'versions'>

/** GateMetrics is what gates need of a metrics adapter. All methods throw its Failures. */
export interface GateMetrics extends QuerySource {
  routeCounts(
    query: Counts & { route: string; most: number },
    signal: AbortSignal,
  ): Promise<{ route: string; series: CountSeries }[]>
  routeCalibrations(
    query: History & { route: string },
    signal: AbortSignal,
  ): Promise<{ route: string; calibration: Calibration }[]>
  latencyBounds(
    query: Pick<History, 'host' | 'source' | 'until'> & { threshold: number },
    signal: AbortSignal,
  ): Promise<{ bound: number; bounds: number[] } | null>
  latencyCounts(
    query: Counts & { threshold: number },
    signal: AbortSignal,
  ): Promise<{ bound: number; series: CountSeries } | null>
  durationCounts(
    query: Counts & { bounds: readonly number[] },
    signal: AbortSignal,
  ): Promise<DurationCounts[]>
  latencyCalibration(query: History & { bound: number }, signal: AbortSignal): Promise<Calibration | null>
  latencyQuantiles(
    query: Pick<Counts, 'host' | 'source' | 'until'>,
    signal: AbortSignal,
  ): Promise<LatencyView>
}
