import type { GateMetrics } from '../gates/gate-source.ts'
import type { Calibration, CountSeries, CountSource } from '../release/evidence/counts.ts'
import type { FailedRequests } from '../release/evidence/failed-requests.ts'
import type { InfrastructurePoint } from '../release/evidence/gate-evidence.ts'
import type { MetricsFacts, MetricsFactsQuery } from '../release/evidence/metrics-facts.ts'
import type { SideName } from '../release/gates.ts'
import type {
  JsonPatchOperation,
  KubeObject,
  NamespaceObjects,
  ObjectKind,
  ObjectRef,
  WorkloadsSnapshot,
} from '../release/kubernetes.ts'

export interface WorkloadsPort {
  /** workloads reads the Service, the Deployments whose pods it selects, and those pods. */
  workloads(namespace: string, service: string, signal: AbortSignal): Promise<WorkloadsSnapshot>
}

/** ObjectsPort reads and writes what a release makes beside routes, whole and unread. Its methods throw Failure. */
export interface ObjectsPort {
  /** objects lists several kinds in one namespace; a kind that may not be listed is named in `unreadable`. */
  objects(namespace: string, kinds: readonly ObjectKind[], signal: AbortSignal): Promise<NamespaceObjects>
  /** object reads one object; null where it doesn't exist. */
  object(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | null>
  /** createObject makes an object: `already-exists`, `rejected` in the server's words, `forbidden`. */
  createObject(object: KubeObject, options: { dryRun: boolean }, signal: AbortSignal): Promise<KubeObject>
  /** patchObject sends a JSON Patch: `conflict` where a test fails, `rejected`, `not-found`. */
  patchObject(
    ref: ObjectRef,
    patch: JsonPatchOperation[],
    options: { dryRun: boolean },
    signal: AbortSignal,
  ): Promise<KubeObject>
  /** deleteObject deletes the object of this uid; gone already, or another one of its name: nothing is done. */
  deleteObject(ref: ObjectRef, uid: string, signal: AbortSignal): Promise<void>
}

/** LeaseView is a Lease as read; times are opaque texts: they are compared, never trusted as a clock. */
export interface LeaseView {
  holder: string
  /** The release that its holder works on, as it wrote it; null where it named none. */
  release: string | null
  durationSeconds: number
  renewTime: string
  transitions: number
  resourceVersion: string
}

export interface LeaseSpec {
  holder: string
  /** Names the release, for whoever finds no state of it; null: none yet. */
  release: string | null
  durationSeconds: number
  /** ms since the epoch. */
  acquiredAt: number
  renewedAt: number
  transitions: number
}

export interface LeasePort {
  lease(namespace: string, name: string, signal: AbortSignal): Promise<LeaseView | null>
  /** createLease throws `already-exists` when somebody was faster. */
  createLease(namespace: string, name: string, spec: LeaseSpec, signal: AbortSignal): Promise<LeaseView>
  /** updateLease is a compare-and-swap on the resourceVersion: it throws `conflict` when stale. */
  updateLease(
    namespace: string,
    name: string,
    spec: LeaseSpec,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<LeaseView>
  /**
   * releaseLease clears the holder (compare-and-swap): a later one need not wait. `release` names what is in flight
   * still; null clears the name.
   */
  releaseLease(
    namespace: string,
    name: string,
    release: string | null,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<void>
}

/** WatchdogTarget is the target that a watchdog is for. */
export interface WatchdogTarget {
  namespace: string
  service: string
  /** Name of the target's Lease. */
  lease: string
}

/** WatchdogInstructions is what a watchdog would do: everything that its pod can't find out by itself. */
export interface WatchdogInstructions {
  /** Id of the release: another's routes are left alone. */
  release: string
  /** The object that holds the release's state, as people write it, and the annotation's key. */
  holder: string
  stateKey: string
  /** Deployment that must have ready pods before anything is put back. */
  safeWorkload: string
  /** What puts traffic back, an object each: where the announced write has landed, and (null: nothing) where not. */
  patches: readonly {
    object: string
    after: readonly JsonPatchOperation[]
    before: readonly JsonPatchOperation[] | null
  }[]
}

/** WatchdogPort starts, instructs and ends the watchdog of a target. Its methods throw Failure. */
export interface WatchdogPort {
  /** startWatchdog makes its Job, or wakes one that an administrator made; one that runs is left alone. */
  startWatchdog(target: WatchdogTarget, image: string, signal: AbortSignal): Promise<void>
  /** watchdogStatus tells how its pod is; `waiting` says why it does not run yet, null where nothing says so. */
  watchdogStatus(
    target: WatchdogTarget,
    signal: AbortSignal,
  ): Promise<{ ready: boolean; waiting: string | null }>
  instructWatchdog(
    target: WatchdogTarget,
    instructions: WatchdogInstructions,
    signal: AbortSignal,
  ): Promise<void>
  /** stopWatchdog takes everything of it away; what is not there is fine. */
  stopWatchdog(target: WatchdogTarget, signal: AbortSignal): Promise<void>
}

/** CountQuery asks for the counts of a release on its grid: `start + k·interval`, from `start` up to `until`. */
export interface CountQuery {
  /** FQDN of the target's host; several, joined by a comma, where versions have Services of their own. */
  host: string
  namespace: string
  source: CountSource
  /** ms since the epoch. */
  start: number
  until: number
  /** ms. */
  interval: number
  /** Birth of the pods behind the target that we know of, ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
  /** Pods of both versions that are ready, and since when: the counter throws `incomplete` where one is missing. */
  readyPods?: readonly { name: string; since: number }[]
  /** Requests per second to the host before the release; absent or null: not known. */
  expectedRate?: number | null
}

/** Baseline is what stable showed before the release. */
interface Baseline {
  calibration: Calibration | null
  /** Requests per second to the host over the last minutes (all versions); null where nothing is seen. */
  rate: number | null
  /** Requests per second that reached nobody, over the same time. */
  unreachedRate: number
  /** How much stable as a whole jumps from poll to poll by itself, see `rateJumps`; null: not beyond chance. */
  jumps: number | null
}

/** NodeNames are the names that a node goes by. */
export interface NodeNames {
  name: string
  ip: string | null
}

/** PressureQuery asks what weighed on both versions' nodes and sidecars, on a release's grid. */
interface PressureQuery extends Pick<CountQuery, 'namespace' | 'start' | 'until' | 'interval'> {
  versions: Record<SideName, { workload: string; nodes: NodeNames[] }>
}

/** LabelProof says what the requests of this cluster show about a label that may tell canary from stable. */
export interface LabelProof {
  label: string
  canary: string
  stable: string
  verdict: 'separates' | 'stable-only' | 'blind'
  /** Values that the label really has. */
  seen: string[]
}

/** SeparationQuery names what is known of both versions' pods; null where they have no such label. */
interface SeparationQuery {
  host: string
  reporter: CountSource['reporter']
  versions: Record<'canary' | 'stable', { workload: string; version: string | null; revision: string | null }>
  from: number
  until: number
}

/** ProbePort asks an address once; `status` null: no answer within `timeout` ms. It throws Failure `aborted` alone. */
export type ProbePort = (
  url: string,
  timeout: number,
  signal: AbortSignal,
) => Promise<{ status: number | null; text: string }>

/**
 * RequestCounter counts mesh requests exactly. It throws Failure: `unreachable`, `timeout`, `unauthorized`, `forbidden`,
 * `bad-query`, `bad-answer`, `bad-certificate`, `server-error`, `aborted`. It retries within its own deadline.
 */
interface RequestCounter {
  /** probe proves that a Prometheus answers; gives its version. */
  probe(signal: AbortSignal): Promise<{ version: string }>
  counts(query: CountQuery, signal: AbortSignal): Promise<CountSeries>
  /** reporters gives the requests that each reporter saw for the host and workloads between two times. */
  reporters(
    query: { host: string; namespace: string; workloads: string[]; from: number; until: number },
    signal: AbortSignal,
  ): Promise<{ source: number; destination: number }>
  baseline(
    query: {
      host: string
      namespace: string
      source: CountSource
      from: number
      until: number
      interval: number
    },
    signal: AbortSignal,
  ): Promise<Baseline>
  /** scrapeInterval measures how often the series that are counted get a new sample, in ms, at least 5 s; null: nothing seen. */
  scrapeInterval(
    query: { host: string; source: CountSource; until: number },
    signal: AbortSignal,
  ): Promise<number | null>
  /** newestSample gives the time (ms) of the newest sample of a host, up to `until`; null: none within five minutes. */
  newestSample(query: { host: string; until: number }, signal: AbortSignal): Promise<number | null>
  /** facts are what the store has about a host before a release. */
  facts(query: MetricsFactsQuery, signal: AbortSignal): Promise<MetricsFacts>
  /** separation tries, best first, which labels tell the versions apart on the requests between two times. */
  separation(query: SeparationQuery, signal: AbortSignal): Promise<LabelProof[]>
}

/** MetricsPort is the counter, and what gates ask beside it; all throw what the counter throws. */
export interface MetricsPort extends RequestCounter, GateMetrics {
  /** infrastructure is what weighed on the pods of both versions; without such metrics, nothing. */
  infrastructure(query: PressureQuery, signal: AbortSignal): Promise<InfrastructurePoint[]>
  /** failedRequests tells which requests failed since a release began, for people; `routeLabel` names routes. */
  failedRequests(
    query: Pick<CountQuery, 'host' | 'source' | 'start' | 'until'> & { routeLabel: string | null },
    signal: AbortSignal,
  ): Promise<FailedRequests>
  /** slowPods counts requests over `bound` ms by the pod that answered, between two times, for people. */
  slowPods(
    query: Pick<CountQuery, 'host' | 'source' | 'start' | 'until'> & { bound: number },
    signal: AbortSignal,
  ): Promise<FailedRequests['pods']>
  /** streamMessages gives the gRPC messages of both versions between two times: streams show no request until they end. */
  streamMessages(
    query: { host: string; source: CountSource; start: number; until: number },
    signal: AbortSignal,
  ): Promise<{ canary: number; stable: number }>
}
