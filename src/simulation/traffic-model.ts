/**
 * RateModel says how many requests a second the callers make together. Times in seconds since the model's
 * origin (the start of the release; life before it has negative times).
 */
export type RateModel =
  | { kind: 'constant'; perSecond: number }
  /** A wave around `mean`: `mean · (1 + amplitude · sin(2π (t + phase) / period))`, `amplitude` from 0 to 1. */
  | { kind: 'wave'; mean: number; amplitude: number; periodSeconds: number; phaseSeconds: number }
  /** `perSecond` holds from `from` on until the next step; before the first step the first step's rate. */
  | { kind: 'steps'; steps: readonly { from: number; perSecond: number }[] }

/** ErrorModel is the share of a version's answers that are bad, over time. Shares from 0 to 1. */
export type ErrorModel =
  | { kind: 'constant'; share: number }
  | { kind: 'from'; at: number; before: number; after: number }
  /**
   * In each window of `everySeconds` one burst of `lastsSeconds`, at a place that `seed` decides, in which
   * `during` fails instead of `base`: errors that come together.
   */
  | { kind: 'bursts'; base: number; during: number; everySeconds: number; lastsSeconds: number; seed: number }

/** CodeShare is one code of a mix; weights are relative. gRPC versions name gRPC statuses, others HTTP codes. */
export interface CodeShare {
  code: string
  weight: number
}

/**
 * LatencyModel is a log-normal time to answer: half take longer than `medianMs`, `spread` is the standard
 * deviation of its logarithm. `slow` is a second hump that a share of the answers belongs to.
 */
export interface LatencyModel {
  medianMs: number
  spread: number
  slow?: { share: number; medianMs: number; spread: number }
}

export interface VersionModel {
  errors: ErrorModel
  latency: LatencyModel
  /** Mix of the bad answers; default `500`, for gRPC `13`. */
  badCodes?: readonly CodeShare[]
  /** Mix of the good answers; default `200`, for gRPC `0`. */
  goodCodes?: readonly CodeShare[]
}

/** RequestShape is one sort of request that a caller makes: what routes match on. */
interface RequestShape {
  share: number
  path?: string
  method?: string
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>
}

/** Caller is a workload that calls the service: through its sidecar, or as an ingress gateway. */
export interface Caller {
  name: string
  namespace: string
  through: 'sidecar' | 'gateway'
  /** Its share of all requests, relative to the other callers'. */
  share: number
  /** Proxies that it runs where the cluster has no Deployment of its name; default 2. */
  pods?: number
  labels?: Readonly<Record<string, string>>
  /**
   * Host that it asks for. Default: for a sidecar the service's FQDN, for a gateway the first host of the
   * oldest VirtualService that routes from its gateway to the service.
   */
  host?: string
  /** Gateway as `namespace/name`; default: every gateway that VirtualServices name. */
  gateway?: string
  /** Default one: `GET /`. */
  requests?: readonly RequestShape[]
}

/** Degradation is a time in which every version fails more than by its own model: a broken dependency. */
interface Degradation {
  from: number
  until: number
  /** Share of requests that fail on top. */
  share: number
}

/**
 * Episode is a time in which pods of a mesh answer by another model: all, those of one version, or those on one node.
 * Releases that are simulated without a mesh have no pods, and no episodes.
 */
interface Episode {
  from: number
  until: number
  /** Absent: every version. */
  version?: string
  /** Absent: every node. */
  node?: string
  model: VersionModel
}

/** Operation is one sort of work that the service does, named in telemetry as `request_operation`. */
interface Operation {
  name: string
  /** Its share of all requests, relative to the other operations'. */
  share: number
  /** How versions do at it, by their `version` label, where it isn't as they do at everything. */
  versions?: Readonly<Record<string, VersionModel>>
}

/** TrafficModel is who calls how often, and what each version is worth, as plain data. */
export interface TrafficModel {
  rate: RateModel
  callers: readonly Caller[]
  /** By the tag of the image of the pod that answers, or by its `version` label. */
  versions: Readonly<Record<string, VersionModel>>
  /** A version that `versions` doesn't name. */
  others: VersionModel
  protocol?: 'http' | 'grpc'
  /** Callers give up after this time: 504 with flag UT at the source. null: they wait. */
  timeoutMs?: number | null
  /**
   * What the pod's own proxy reports of a request whose caller gave up. `reset` (default, what Envoy does when
   * its downstream resets the stream): code 0 with flag DC. `answer`: the pod's own, later answer.
   */
  afterTimeout?: 'reset' | 'answer'
  /** Share of requests whose client goes away before an answer: code 0 with flag DC. */
  abandonedShare?: number
  degradations?: readonly Degradation[]
  /** The first that holds counts. */
  episodes?: readonly Episode[]
  /** Absent: telemetry doesn't tell operations apart. */
  operations?: readonly Operation[]
}

/** healthyVersion is a version that fails `share` of its requests and answers in about 20 ms. */
export function healthyVersion(share: number): VersionModel {
  return { errors: { kind: 'constant', share }, latency: { medianMs: 20, spread: 0.5 } }
}
