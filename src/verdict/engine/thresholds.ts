import type { Calibration } from '../../release/evidence/counts.ts'
import type { EngineConfig } from '../config.ts'

/** Thresholds are the bounds of evidence of one release, and every e-process' weight and largest gain a block. */
export interface Thresholds {
  /** ln(1/alpha): the log evidence that proves harm. */
  abort: number
  /** ln(1/beta): the log evidence that passes a step. */
  pass: number
  /** ln(1/sharedAlpha): at which stable itself counts as degraded. */
  shared: number
  suspect: number
  poll: EvidenceWeight
  lr: EvidenceWeight
  gap: EvidenceWeight
  solo: EvidenceWeight
  slo: EvidenceWeight
  passCap: number
}

interface EvidenceWeight {
  weight: number
  cap: number
}

const unknown = { poll: 0.6, lr: 0.34 }
const calibrated = { poll: 0.1, lr: 0.84 }
const gapWeight = 0.03
const soloWeight = 0.03

/**
 * thresholdsOf shares out the evidence. A calibrated release trusts the likelihood ratio that needs the dispersion,
 * one without history the share likelihood that doesn't. An e-process' cap is a part of what it alone would have to reach.
 */
export function thresholdsOf(config: EngineConfig, calibration: Calibration | null): Thresholds {
  const abort = Math.log(1 / config.alpha)
  const pass = Math.log(1 / config.beta)
  const rest = config.slo === null ? 1 : 1 - config.sloWeight
  const weigh = (weight: number): EvidenceWeight => ({ weight, cap: config.cap * (abort - Math.log(weight)) })
  const known = calibration !== null && calibration.df >= config.calibratedDf - 1e-9
  const weights = known ? calibrated : unknown
  return {
    abort,
    pass,
    shared: Math.log(1 / config.sharedAlpha),
    suspect: Math.log(config.suspect),
    poll: weigh(rest * weights.poll),
    lr: weigh(rest * weights.lr),
    gap: weigh(rest * gapWeight),
    solo: weigh(rest * soloWeight),
    slo: weigh(config.sloWeight),
    passCap: config.cap * pass,
  }
}
