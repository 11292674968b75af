import type { Finding } from './record.ts'

/** ReleaseFindingDetails are what is found about a release's own settings before its first write, by finding. */
interface ReleaseFindingDetails {
  /** A step asks for more canary pods than there will be. Weights in percent. */
  capacity: {
    weight: number
    needed: number
    stableReady: number
    namespace: string
    workload: string
    replicas: number
    /** Replicas that the greediest step needs. */
    enough: number
    /** How long that step waits for them, in ms; null: it begins without. */
    waits: number | null
  }
  /** A step is too short to catch a canary that fails `times` as often as stable. */
  power: {
    weight: number
    /** Requests per second. */
    rate: number
    times: 'twice' | 'tenfold'
    /** ms. */
    stepTimeout: number
    /** Seconds that it would take; null: no time would do. */
    seconds: number | null
  }
  /** Stable itself fails more often (0–1) than the limit allows. */
  'error-limit': { rate: number; requests: number; limit: number }
  /**
   * Stable's share of failed requests jumps from poll to poll, all pods together: by `variation` (coefficient of
   * variation). The release may be rolled back by mistake with a chance of `alpha`.
   */
  jumps: { variation: number; alpha: number }
  /** What a gate says of itself, in its type's words. */
  gates: { gate: string; text: string }
}

/** ReleaseFinding is one finding about a release's settings as data: its words are made when it is recorded. */
export type ReleaseFinding = {
  [Id in keyof ReleaseFindingDetails]: {
    id: Id
    level: Finding['level']
    details: ReleaseFindingDetails[Id]
  }
}[keyof ReleaseFindingDetails]
