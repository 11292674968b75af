import type { CountSeries } from './counts.ts'

/** UnavailableReason is why a gate that was asked has nothing to judge by. */
export type UnavailableReason = 'bad-data' | 'metrics-outage' | 'metrics-partial'

/**
 * Reading is what a gate with limits showed at one grid point. `value`: a number; `no-data`: nothing, or 0/0;
 * `bad-data`: an answer that is not one finite number; `metrics-outage`: no answer came; `metrics-partial`: one came
 * that lacks something.
 */
export interface Reading {
  /** Seconds since the release started. */
  t: number
  outcome: 'value' | 'no-data' | UnavailableReason
  value: number | null
  /** What was wrong, or how an address answered; may be empty, may hold outside text. */
  text: string
}

/** LatencyView is how long requests took lately, in ms, for information: the 50th, 95th and 99th percentile. */
export interface LatencyView {
  canary: [p50: number, p95: number, p99: number] | null
  stable: [p50: number, p95: number, p99: number] | null
}

/** GateAnswer is the evidence of one gate, or of one route of it, on the release's grid. */
export type GateAnswer =
  | { gate: string; route: string | null; kind: 'counts'; series: CountSeries; quantiles?: LatencyView }
  | { gate: string; route: null; kind: 'readings'; readings: Reading[] }
  /** It could not be asked: what was known before stands, and nothing is added. */
  | { gate: string; route: null; kind: 'unavailable'; outcome: UnavailableReason; text: string }

/** InfrastructureLoad is what lies on one side's pods, as shares 0–1; null: not known here. */
export interface InfrastructureLoad {
  /** CPU time that the nodes' hypervisor took away, mean over the side's nodes. */
  steal: number | null
  /** Scheduling periods in which the side's sidecars were throttled. */
  throttled: number | null
}

/**
 * InfrastructureIssue is what is degraded under the canary: its own figure, and stable's beside it (0–1; null: not
 * known). A load that isn't degraded is null.
 */
export type InfrastructureIssue = Record<
  keyof InfrastructureLoad,
  { canary: number; stable: number | null } | null
>

/** InfrastructurePoint is what lay under both versions at one grid point. */
export interface InfrastructurePoint {
  t: number
  canary: InfrastructureLoad
  stable: InfrastructureLoad
}

/** GateEvidence is all that was asked beside the counts of failed requests. */
export interface GateEvidence {
  answers: GateAnswer[]
  infrastructure: InfrastructurePoint[]
}

/** noEvidence is nothing: no gate but errors, and nothing known of the infrastructure. */
export const noEvidence: GateEvidence = { answers: [], infrastructure: [] }
