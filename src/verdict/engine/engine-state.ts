import type { Verdict } from '../../release/verdict.ts'
import type { EngineConfig } from '../config.ts'
import type { BlockReader } from './blocks.ts'
import type { Dispersion } from './dispersion.ts'
import type { EProcess } from './e-process.ts'
import type { NoiseGuard } from './noise-guard.ts'
import type { RunningRate } from './running-rate.ts'
import type { Thresholds } from './thresholds.ts'

/** Ruling is a verdict with its reason. */
export type Ruling = Readonly<Pick<Verdict, 'verdict' | 'reason'>>

/** Step is what counts for the current step alone. Times in seconds since the release started. */
export interface Step {
  number: number
  start: number
  margin: number
  minSeconds: number
  maxSeconds: number
  minRequests: number
  /** Requests of both sides in this step's blocks. */
  canaryTotal: number
  stableTotal: number
}

/** Engine is the state of one release's verdict: plain data, changed by `advance` alone. */
export interface Engine {
  readonly config: EngineConfig
  readonly thresholds: Thresholds
  readonly reader: BlockReader
  readonly poll: EProcess
  readonly lr: EProcess
  readonly gap: EProcess
  readonly solo: EProcess
  readonly slo: EProcess
  readonly pass: EProcess
  /** That the canary is below the limit which a pass promises. */
  readonly belowLimit: EProcess
  readonly rate: RunningRate
  readonly dispersion: Dispersion
  readonly noiseGuard: NoiseGuard
  /** Limit above which stable itself is degraded, from its normal rate; null without history. */
  readonly sharedLimit: number | null
  /** Page sums of stable: against its normal rate, and against the user's limit. */
  shared: number
  sloStable: number
  /** Sums of the release's blocks. */
  canaryTotal: number
  canaryBad: number
  stableTotal: number
  stableBad: number
  badBlocks: number
  /** Clocks of blindness: last usable poll, first anchor, last block; null while there is none. */
  lastSeen: number | null
  firstAnchor: number | null
  lastBlock: number | null
  step: Step | null
  /** What the current step, or with `fail` the release, ended with. */
  final: Ruling | null
}
