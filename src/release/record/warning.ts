import type { Counts } from '../evidence/counts.ts'
import type { FailureCode } from '../failure.ts'
import type { GateMode } from '../gates.ts'
import type { DecisionCause, PodReason, ShareDrift } from '../outcome/cause.ts'
import type { ScaleUp } from '../text/command-line.ts'

/** ProvedDifference is what both versions showed; `logAbort` is the evidence's natural logarithm. */
export interface ProvedDifference {
  bad: string
  mode: GateMode
  canary: Counts
  stable: Counts
  logAbort: number
}

/** WarningDetails are what each warning's sentence is made of; `error` is the sentence of an error. */
interface WarningDetails {
  capacity: { cause: DecisionCause }
  'cluster-unreachable': { error: string }
  /** A call failed and is made again. */
  retry: { failure: FailureCode; error: string }
  /** A read failed before a release was held, and is tried again `within` (ms). */
  'read-again': { failure: FailureCode; within: number; from: 'cluster' | 'metrics' }
  'metrics-outage': { error: string }
  'metrics-back': null
  gate: { gate: string; mode: GateMode; error: string }
  /** Both versions were proved to answer differently. `bad`: what the counts' bad requests are. */
  profile: ProvedDifference
  /** The canary was proved to take longer. `bad`: longer than what. */
  latency: ProvedDifference
  /**
   * Next to no request of the canary ended, `requests` in this step, and gRPC messages flowed: so many of `total` to it
   * within `seconds`, where it is asked to get `weight` percent.
   */
  streams: { requests: number; canary: number; total: number; weight: number; seconds: number }
  'drift-restored': { drift: ShareDrift }
  'drift-adopted': { drift: ShareDrift; weight: number }
  'state-lost': { error: string }
  recovery: { error: string }
  /** The routes still named the canary after they were put back. */
  'read-back': null
  /** `carried`: the share of the traffic that stable has pods for, 0–1; `weight`: what the canary keeps, in percent. */
  'stable-short': { version: string; carried: number; weight: number; scale: ScaleUp }
  'stable-shrank': {
    version: string
    ready: number
    atStart: number
    reasons: readonly PodReason[]
    scale: ScaleUp
  }
  /** Deployment that the release made and could not remove. */
  'canary-kept': { namespace: string; workload: string; error: string }
  /** Autoscaler whose minimum was raised for the release and could not be given back; `before` in replicas. */
  'minimum-kept': { namespace: string; autoscaler: string; before: number; error: string }
  /** A standing Deployment that was borrowed, and could not be given back what it had. */
  'track-kept': { namespace: string; workload: string; replicas: number; error: string }
  'destination-kept': { destination: string; error: string }
  /** `workload` null: which there are could not be read. */
  'workload-kept': { workload: string | null; error: string }
  watchdog: { stopped: boolean; error: string }
  /** What a routing backend says of its own plan. */
  routing: { problem: string; text: string }
  record: { error: string }
  report: { error: string }
  comment: { error: string }
  'no-pull-request': null
  'comment-late': { seconds: number }
}

/** Warning is what a reader of a release should know although it goes on: a code, and what its sentence is made of. */
export type Warning = {
  [Code in keyof WarningDetails]: { code: Code; details: WarningDetails[Code] }
}[keyof WarningDetails]
