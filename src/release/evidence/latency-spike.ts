import type { SideName } from '../gates.ts'
import type { Counts } from './counts.ts'
import type { FailureSpread } from './failed-requests.ts'

/** LatencySpike is a time in which far more requests were slow than usual. Times in seconds since the release started. */
export interface LatencySpike {
  /** Slow are those over this, in ms. */
  bound: number
  from: number
  /** null: it goes on. */
  until: number | null
  whose: SideName | 'both'
  /** The other version had too few requests to tell whether it was hit too. */
  unclear: boolean
  /** Requests of each version in that time; `bad` are the slow ones. */
  counts: Record<SideName, Counts>
  /** Share of requests that is slow usually, 0–1. */
  usual: number
  /** Whether it is the version's or a place's; null: it can't be told. */
  spread: FailureSpread | null
}
