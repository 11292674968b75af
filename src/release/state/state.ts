import type { Calibration, CountSource } from '../evidence/counts.ts'
import type { JsonObject } from '../kubernetes.ts'
import type { CanarySize, RouteChoice } from '../request.ts'

export const stateSchema = 2
/** Bytes that the annotation may take. */
export const stateLimit = 16_384

/** VersionRef is one side of a release. */
export interface VersionRef {
  version: string
  /** The routing backend's own name of the destination that selects it. */
  destination: string
  /** Deployment name. */
  workload: string
  image: string
  /** Split by host: resolved name of this version's own Service. */
  host?: string
}

export type Phase =
  /** Routes are on stable; what the canary consists of is being made. */
  | 'preparing'
  /** Routes are on stable; the canary is waited for. */
  | 'pinned'
  /** A step's weights are being written; not every route may have them. */
  | 'shifting'
  | 'settling'
  | 'observing'
  /** Held at its weight until a command comes. */
  | 'paused'
  | 'promoted'
  | 'rolling-back'
  /** All traffic is back on stable; what the release made is being removed. */
  | 'cleaning'
  | 'rolled-back'

/** PreTrafficKind is a way to reach the canary before it has any weight. */
export type PreTrafficKind = 'preview' | 'mirror'

/** StepState is what a successor needs of one step. Times in ms since the epoch. */
export interface StepState {
  weight: number
  writtenAt: number
  /** null while settling. On the poll grid. */
  timerStart: number | null
  margin: number
  /** The same for the other gates, by name. */
  margins?: Record<string, number>
  outOfReach: boolean
  actualShare: 'as-asked' | 'lower' | 'higher' | 'unknown' | null
  end: {
    at: number
    verdict: string
    reason: string
    canary: [total: number, bad: number]
    stable: [total: number, bad: number]
  } | null
}

/** Promotion is one entry of the history: a version that served everything, newest first. */
export interface Promotion {
  version: string
  destination: string
  workload: string
  at: number
  releaseId: string
  /** Split by host: resolved name of its own Service. */
  host?: string
  /** Left by a rollback: never a default target again. */
  rolledBack?: boolean
}

/** RouteBaseline is a route that is judged by itself. */
export interface RouteBaseline {
  route: string
  /** Its share of the requests before the release, 0–1. */
  share: number
  calibration: Calibration | null
}

/** GateBaseline is what was fixed about the gates before the release, so that every process judges alike. */
export interface GateBaseline {
  /** Bound of the histogram, in ms, that each latency gate is judged at. */
  bounds: Record<string, number>
  /** What stable showed before the release, by gate. */
  calibrations: Record<string, Calibration>
  routes: RouteBaseline[]
}

/** CanaryWorkload is the canary that a release makes: what a successor needs to make it, and to remove it. */
export interface CanaryWorkload {
  shape: 'per-version' | 'in-place' | 'tracks'
  /** What was asked for: an image, or `container=image` pairs. */
  image: string
  /** Deployment that it is made from. */
  source: string
  /** How many replicas it gets. */
  size: CanarySize
  /** A canary for a time, whose image stable's own Deployment gets at the end; absent: the canary stays. */
  inPlace?: InPlaceCanary
  /** What is raised for the release of stable's autoscaler; absent: nothing scales stable. */
  minimum?: BorrowedMinimum
}

/** BorrowedMinimum is the minimum of stable's autoscaler, raised to stable's size for the release. Replicas. */
export interface BorrowedMinimum {
  /** Name of the HorizontalPodAutoscaler. */
  autoscaler: string
  /** null: it had none. */
  before: number | null
  raised: number
}

/** InPlaceCanary is what a successor needs of a canary that is there for a time. */
export interface InPlaceCanary {
  /** Name of its own Service; absent: it is behind the one that callers name. */
  service?: string
  /** Policies of stable's that are copied for its pods; absent: none. */
  policies?: { kind: string; name: string }[]
  /** The canary is a standing Deployment that the release borrows; absent: it is made. */
  track?: Track
  /** Labels that its pods have in the place of stable's, by key. */
  changed: Record<string, { from: string; to: string }>
  /** What stable's containers ran before, as `container=image` pairs. */
  before: string
  /** The version that served before. */
  stable: VersionRef
  /**
   * Since every step was passed: why. All traffic is on the temporary canary, which is the release's stable side now,
   * and what was stable gets the image and takes the traffic back. Absent: it is not so far.
   */
  takeover?: { reason: string }
}

/** Track is a standing Deployment that a release borrows for its canary. */
export interface Track {
  workload: string
  /** The label by which routes tell its pods from stable's, and both values. */
  label: { key: string; stable: string; canary: string }
  /** What it ran, as `container=image` pairs, and how many replicas it had; absent: it was given back. */
  owed?: { before: string; replicas: number }
}

/** ReleaseState is the annotation: what a successor needs, and no more. */
export interface ReleaseState {
  schema: typeof stateSchema
  /** Schema of the program that began the release, where it is an older one: it may only be ended. */
  begunUnder?: 1
  id: string
  phase: Phase
  /** Why it is in that phase: a ReasonCode once it ended or is paused. */
  reason: string
  stable: VersionRef | null
  canary: VersionRef
  holder: string
  fencingToken: number
  /** Release start: origin of the poll grid. */
  startedAt: number
  /** Poll interval in ms. */
  interval: number
  /** Index of the step in force; -1 before the first. */
  step: number
  /** The share that routes were last asked for, in percent. */
  weight: number
  steps: number[]
  stepStates: StepState[]
  /** What puts the routes back as they were at the pin; its shape is the routing backend's. */
  restore: JsonObject | null
  source: CountSource | null
  calibration: Calibration | null
  /** Requests to the host before the release, and those of them that reached no pod; null where unknown. */
  unreachedBaseline: Calibration | null
  /** Requests per second to the host before the release; null where unknown. */
  rate: number | null
  gateDigest: string
  /** Absent where only failed requests are counted in total. */
  gates?: GateBaseline
  /** Stable's ready pods when the release started. */
  stableReady: number
  /** When the current wait ends, in ms since the epoch; null where the step's own clock rules. */
  deadline: number | null
  endedAt: number | null
  history: Promotion[]
  /** Rules that the release is about, as it was asked for; absent: all. */
  routes?: RouteChoice[]
  /** Versions that gave way to this release, the last one first, and to those that it superseded; absent: none. */
  superseded?: string[]
  /** Destinations that releases of ours made; absent: none. */
  createdDestinations?: string[]
  /** The pre-traffic phase in force: its rules are in the routes since then (ms). Absent: none. */
  preTraffic?: { kind: PreTrafficKind; since: number }
  /** Pre-traffic phases that are over; absent: none. */
  completedPreTraffic?: PreTrafficKind[]
  /** When a watchdog may put traffic back, in ms; null: never as it stands. Absent: there is no watchdog. */
  watchdogAt?: number | null
  /** The canary is made by the release; absent: it was deployed by somebody else. */
  workload?: CanaryWorkload
  /** Who asked for the image before, which is given all traffic without being judged; absent: it is judged. */
  unjudged?: { by: string }
  /** How often somebody else's change of the weights was taken back; absent: never. */
  driftRestores?: number
  /** Traffic goes back to an earlier version after a promotion: also that of rules which name the canary alone. */
  everywhere?: boolean
}
