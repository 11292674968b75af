import type { ReasonCode } from './reasons.ts'

/** PodReason is why some pods of a version aren't ready, as the cluster says it; null: they have started, and nothing says why. */
export interface PodReason {
  reason: string | null
  count: number
}

/** PodCounts are the ready pods that a share needs and has; `reasons` tell why others are not, the commonest first. */
interface PodCounts {
  needed: number
  ready: number
  reasons: readonly PodReason[]
}

/** ShareDrift is a canary share that is not what the release set: least and most over its routes (0–1), and percent. */
export interface ShareDrift {
  routed: { min: number; max: number }
  weight: number
  /** Who changed what, as far as the objects tell; null: nothing says it. */
  changedBy: string | null
}

/** StableShortage is a stable version with too few ready pods to take all traffic back. */
export interface StableShortage {
  stable: string | null
  canary: string
  /** The share that the canary keeps, in percent. */
  weight: number
  /** Some of the traffic went back; else nothing was moved. */
  moved: boolean
}

/** DecisionCause is what led to a decision beside its reason code: the figures and names that its sentence is made of. */
export type DecisionCause =
  | { kind: 'command'; command: 'pause' | 'abort' | 'promote' | 'supersede'; by: string }
  /** `lowSeconds`: how long fewer than half of the needed pods were ready; null: none is. */
  | ({ kind: 'pods-lost'; lowSeconds: number | null } & PodCounts)
  | ({ kind: 'step-capacity'; weight: number } & PodCounts)
  | ({ kind: 'promotion-capacity'; by: string } & PodCounts)
  | { kind: 'requests-lost'; lost: number; total: number }
  | { kind: 'share-exceeded'; canary: number; total: number; weight: number }
  /** `restored`: how often it was put back before; null: it was left as it is. */
  | { kind: 'drift'; drift: ShareDrift; restored: number | null }
  /** `sentence`: why there are none, as the error says it; null: nothing was there to count. */
  | { kind: 'no-counts'; sentence: string | null }
  | { kind: 'no-requests' }
  | { kind: 'unfinished-roll-back' }
  | { kind: 'next-turn'; weight: number }
  /** `reason` and `cause`: what the release was to be rolled back for. */
  | {
      kind: 'stable-shortage'
      shortage: StableShortage
      reason: ReasonCode | null
      cause: DecisionCause | null
    }
  /** Another release took the place of this one. */
  | { kind: 'superseded'; release: string; version: string; holder: string }
  /** The holder before this process was gone. */
  | { kind: 'abandoned'; holder: string }
  /** An error's own sentence. */
  | { kind: 'failure'; sentence: string }
  /** The question of a gate failed. */
  | { kind: 'gate-failure'; gate: string; sentence: string }
  /** What kept stable's own Deployment from taking the traffic over. */
  | { kind: 'takeover'; reason: ReasonCode; cause: DecisionCause | null }
