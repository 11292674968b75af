import type { Calibration } from '../../release/evidence/counts.ts'
import type { EngineConfig } from '../config.ts'

/** Dispersion is how much more than binomial the canary's share of the bad events varies, as running sums. */
export interface Dispersion {
  /** Squared residuals, their binomial variance, and the squares of that. */
  S1: number
  S2: number
  S4: number
  /** Degrees of freedom: they never decay. */
  df: number
  /** Variance of all blocks of this release so far. */
  variance: number
  /** Canary's bad requests, and those that stable's bad requests let expect at its traffic. */
  canaryBad: number
  stableBadScaled: number
}

/** createDispersion takes over what stable's own pods showed. */
export function createDispersion(calibration: Calibration | null): Dispersion {
  const { S1, S2, df } = calibration ?? { S1: 0, S2: 0, df: 0 }
  const S4 = calibration?.S4 ?? (df > 0 ? (S2 * S2) / df : 0)
  return { S1, S2, S4, df, variance: 0, canaryBad: 0, stableBadScaled: 0 }
}

/**
 * updateDispersion adds a block of both sides with `bc + bs > 0`. The residual is recursive: expected from the blocks
 * before, and divided by `1 + v/V`, what estimating from them adds to its variance.
 */
export function updateDispersion(
  dispersion: Dispersion,
  memory: number,
  nc: number,
  bc: number,
  ns: number,
  bs: number,
): void {
  const requests = nc + ns
  const bad = bc + bs
  const multiple = (dispersion.canaryBad + 0.5) / (dispersion.stableBadScaled + 0.5)
  const q = (nc * multiple) / (nc * multiple + ns)
  const v = (bad * q * (1 - q) * (requests - bad)) / Math.max(1, requests - 1)
  dispersion.S1 *= memory
  dispersion.S2 *= memory
  dispersion.S4 *= memory
  if (dispersion.variance > 0 && v > 0) {
    const residual = bc - bad * q
    dispersion.S1 += (residual * residual) / (1 + v / dispersion.variance)
    dispersion.S2 += v
    dispersion.S4 += v * v
    if (bad >= 2) dispersion.df += 1
  }
  dispersion.variance += v
  dispersion.canaryBad += bc
  dispersion.stableBadScaled += (bs * nc) / ns
}

/** phiOf is the dispersion with a margin for its own uncertainty; infinite while too little is known. */
export function phiOf(dispersion: Dispersion, config: EngineConfig): number {
  const { S1, S2, df } = dispersion
  if (df <= 0 || df < config.dfMin || S2 <= 0) return Number.POSITIVE_INFINITY
  return Math.max(1, (S1 / S2) * (1 + config.phiInflate * Math.sqrt(2 / df)))
}

/** phiForPass is the dispersion that a pass reckons with: a prior guess until something is known. */
export function phiForPass(dispersion: Pick<Dispersion, 'S1' | 'S2'>, config: EngineConfig): number {
  const weight = config.phiPriorWeight
  return Math.max(1, (weight * config.phiPrior + dispersion.S1) / (weight + dispersion.S2))
}

/** ratesWander says that the sides' rates vary by themselves from poll to poll, beyond what clusters explain. */
export function ratesWander(dispersion: Dispersion, noiseFloor: number): boolean {
  const { S1, S2, S4 } = dispersion
  return S1 - S2 > Math.max(2 * Math.sqrt(2 * S4), noiseFloor * S4)
}
