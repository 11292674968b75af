import type { Calibration, CountSeries, CountSource } from '../release/evidence/counts.ts'
import type { FailedRequests } from '../release/evidence/failed-requests.ts'
import type { InfrastructurePoint, LatencyView } from '../release/evidence/gate-evidence.ts'
import type { MetricsFacts, MetricsFactsQuery } from '../release/evidence/metrics-facts.ts'
import type { SideName } from '../release/gates.ts'

/** ReadyPod is a pod that is ready, and since when (ms since the epoch). */
export interface ReadyPod {
  name: string
  since: number
}

/** CountsQuery asks for the counts of a release on its grid `start + k·interval`. Times in ms since the epoch. */
export interface CountsQuery {
  /** FQDN. */
  host: string
  namespace: string
  source: CountSource
  start: number
  until: number
  interval: number
  /** ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
  /** Pods of both versions whose proxies must be scraped; absent: nobody knows them. */
  readyPods?: readonly ReadyPod[]
  /** Requests per second to the host before the release; absent or null: not known. */
  expectedRate?: number | null
}

export interface BaselineQuery {
  host: string
  namespace: string
  source: CountSource
  from: number
  until: number
  interval: number
}

export interface ReportersQuery {
  host: string
  namespace: string
  workloads: string[]
  from: number
  until: number
}

export interface RoutesQuery extends CountsQuery {
  /** Label that names the route or operation. */
  route: string
  /** Most routes to give. */
  most: number
}

export interface LatencyQuery extends CountsQuery {
  /** ms; judged at the nearest bound of the histogram. */
  threshold: number
}

export interface DurationsQuery extends CountsQuery {
  /** Bounds of the histogram, ms, as they were found before. */
  bounds: readonly number[]
}

/** DurationCounts count as bad the requests that took longer than `bound` ms. */
export interface DurationCounts {
  bound: number
  series: CountSeries
}

/** BoundsQuery asks for the bound of a histogram that is nearest to a threshold, ms. */
export interface BoundsQuery extends Pick<CountsQuery, 'host' | 'source' | 'until'> {
  threshold: number
}

/** LatencyBounds are the finite bounds of a histogram, rising, and the one to judge at, all in ms. */
export interface LatencyBounds {
  bound: number
  bounds: number[]
}

/** LatencyCounts count as bad the requests that took longer than `bound` ms. */
export interface LatencyCounts extends LatencyBounds {
  series: CountSeries
}

/** FailuresQuery asks which requests of a release failed, from its start up to `until`. Times in ms since the epoch. */
export interface FailuresQuery extends Pick<CountsQuery, 'host' | 'source' | 'start' | 'until'> {
  /** Label that the config names routes by; null: those that are usual are tried. */
  routeLabel: string | null
}

/** SlowPodsQuery asks which pods were slow between two times, ms since the epoch. */
export interface SlowPodsQuery extends Pick<CountsQuery, 'host' | 'source' | 'start' | 'until'> {
  /** A bound of the histogram, ms. */
  bound: number
}

export interface LabelQuery {
  host: string
  reporter: CountSource['reporter']
  versions: VersionLabels
  /** ms since the epoch. */
  from: number
  until: number
}

/** RouteCounts is the counts of one route. */
export interface RouteCounts {
  route: string
  series: CountSeries
}

/** Baseline is what stable did before a release, and how much arrives now. */
interface Baseline {
  /** null: no request seen. */
  calibration: Calibration | null
  /** Requests per second to the host over the last minutes, all versions; null where nothing is seen. */
  rate: number | null
  /** Requests per second that reached no pod, over the same time. */
  unreachedRate: number
  /** How much stable as a whole jumps from poll to poll by itself, see `rateJumps`; null: not beyond chance. */
  jumps: number | null
}

/** RouteCalibration is what one route of stable's showed before a release. */
export interface RouteCalibration {
  route: string
  calibration: Calibration
}

/** VersionLabels is what is known of the pods of both versions: names of their Deployments, and labels. */
export type VersionLabels = Record<
  SideName,
  { workload: string; version: string | null; revision: string | null }
>

/** SideInfrastructure names one side's Deployment, and its pods' nodes by every name that they go by. */
export interface SideInfrastructure {
  workload: string
  nodes: readonly { name: string; ip: string | null }[]
}

export interface InfrastructureQuery extends Pick<CountsQuery, 'namespace' | 'start' | 'until' | 'interval'> {
  versions: Record<SideName, SideInfrastructure>
}

/** LabelCandidate is a label that may separate canary and stable, with the values that it should have for each. */
export interface LabelCandidate {
  label: string
  canary: string
  stable: string
}

/**
 * VersionLabelProof says what the series of this cluster show about a candidate: `separates` where each value has series of
 * its own; `stable-only` where stable's value has series and the canary has none yet (no request so far);
 * `blind` where stable's requests carry another value, or none.
 */
export interface VersionLabelProof extends LabelCandidate {
  verdict: 'separates' | 'stable-only' | 'blind'
  /** Values that the label really has, most requests first, at most ten. */
  seen: string[]
}

/**
 * MeshRequestCounter counts mesh requests exactly. All methods throw Failure: `unreachable`, `timeout`, `unauthorized`,
 * `forbidden`, `bad-query`, `bad-answer`, `bad-certificate`, `too-large`, `server-error`, `aborted`, and
 * `invalid-input` for names that can't be in a query.
 */
export interface MeshRequestCounter {
  /** probe proves that a Prometheus answers; `unknown` where it doesn't give its version. */
  probe(signal: AbortSignal): Promise<{ version: string }>
  /** counts throws `incomplete` too, where a ready pod or callers are missing in the store. */
  counts(query: CountsQuery, signal: AbortSignal): Promise<CountSeries>
  /** routeCounts counts like `counts`, route by route, the busiest first. */
  routeCounts(query: RoutesQuery, signal: AbortSignal): Promise<RouteCounts[]>
  /** reporters counts the requests that each reporter saw for the host and workloads between two times. */
  reporters(query: ReportersQuery, signal: AbortSignal): Promise<{ source: number; destination: number }>
  baseline(query: BaselineQuery, signal: AbortSignal): Promise<Baseline>
  routeCalibrations(
    query: BaselineQuery & { route: string },
    signal: AbortSignal,
  ): Promise<RouteCalibration[]>
  /** scrapeInterval measures how often the series that are counted get a new sample, in ms, at least 5 s; null: nothing seen. */
  scrapeInterval(
    query: Pick<CountsQuery, 'host' | 'source' | 'until'>,
    signal: AbortSignal,
  ): Promise<number | null>
  /** newestSample gives the time (ms) of the newest sample of a host, up to `until`; null: none within five minutes. */
  newestSample(query: Pick<CountsQuery, 'host' | 'until'>, signal: AbortSignal): Promise<number | null>
  /** facts are what the store has about a host before a release. */
  facts(query: MetricsFactsQuery, signal: AbortSignal): Promise<MetricsFacts>
  /** separation tries which labels separate canary and stable on the requests between two times, best first. */
  separation(query: LabelQuery, signal: AbortSignal): Promise<VersionLabelProof[]>
  /** latencyBounds gives a histogram's bounds, and the one nearest to a threshold; null without a histogram. */
  latencyBounds(query: BoundsQuery, signal: AbortSignal): Promise<LatencyBounds | null>
  /** latencyCounts counts requests over a bound as bad; null where the host has no histogram. */
  latencyCounts(query: LatencyQuery, signal: AbortSignal): Promise<LatencyCounts | null>
  /** durationCounts counts requests over each of some bounds; a bound that a proxy's histogram lacks is left out. */
  durationCounts(query: DurationsQuery, signal: AbortSignal): Promise<DurationCounts[]>
  /** latencyCalibration is how often stable was slower than `bound` ms before a release; null: no request seen. */
  latencyCalibration(
    query: BaselineQuery & { bound: number },
    signal: AbortSignal,
  ): Promise<Calibration | null>
  /** latencyQuantiles estimates how long requests took over the last minutes, for people. */
  latencyQuantiles(
    query: Pick<CountsQuery, 'host' | 'source' | 'until'>,
    signal: AbortSignal,
  ): Promise<LatencyView>
  /** failedRequests tells which requests failed since a release began, and on which pods. */
  failedRequests(query: FailuresQuery, signal: AbortSignal): Promise<FailedRequests>
  /** slowPods counts requests over `bound` ms by the pod that answered, between two times. */
  slowPods(query: SlowPodsQuery, signal: AbortSignal): Promise<FailedRequests['pods']>
  /** streamMessages gives the gRPC messages of both versions between two times: streams show no request until they end. */
  streamMessages(
    query: { host: string; source: CountSource; start: number; until: number },
    signal: AbortSignal,
  ): Promise<{ canary: number; stable: number }>
  /** infrastructure is what weighed on both versions' nodes and sidecars; without such metrics, nothing. */
  infrastructure(query: InfrastructureQuery, signal: AbortSignal): Promise<InfrastructurePoint[]>
}
