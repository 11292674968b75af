import type { SideName } from '../gates.ts'
import type { Counts } from './counts.ts'

/** FailureKind is one kind of failed request, and how many there were. Its texts are of telemetry: outside text. */
export interface FailureKind {
  /** HTTP code; `0`: no answer was sent. */
  code: string
  /** gRPC status; null where there is none. */
  grpcStatus: string | null
  /** Envoy's response flags; null where there were none. */
  flags: string | null
  /** Value of the label that names routes, operations or paths; null where telemetry has none. */
  route: string | null
  /** Workload that called; null where it is not known. */
  caller: string | null
  count: number
}

/** PodRequests is what one pod's own proxy counted since the release began. */
export interface PodRequests extends Counts {
  pod: string
  /** null: not known. */
  node: string | null
  zone: string | null
}

/** FailedRequests says which requests failed, the commonest kinds first, and on which pods. */
export interface FailedRequests {
  kinds: Record<SideName, FailureKind[]>
  /** Empty where no pod's own proxy is known by name. */
  pods: Record<SideName, PodRequests[]>
}

/**
 * FailureSpread says where the canary's failures lie: on each of its pods, or on one pod, or on all pods of one
 * node or zone, while its other pods fail like stable's.
 */
export type FailureSpread =
  | { kind: 'everywhere'; pods: number }
  | {
      kind: 'pod' | 'node' | 'zone'
      name: string
      /** Requests of the canary there, and on its other pods. */
      inside: Counts
      others: Counts
      /** The same of stable; nothing where it has no pods or no requests. */
      stable: Record<'inside' | 'others', Counts>
    }
