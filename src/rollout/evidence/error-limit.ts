import { countedGates } from '../../gates/selection.ts'
import type { Calibration } from '../../release/evidence/counts.ts'
import type { ReleaseFinding } from '../../release/record/release-finding.ts'
import type { Settings } from '../../release/settings.ts'
import { resolveConfig } from '../../verdict/config.ts'
import { information } from '../../verdict/engine/projection.ts'
import { phiPassOf } from '../../verdict/resolution.ts'

/** Largest chance that a stable below the limit is taken for one above it. */
const mistaken = 0.001

/**
 * errorLimitFindings holds stable's own history against `max-error-rate`, under which a pass must prove the canary to
 * be: an error where stable is proved over it (a Chernoff bound, `n·KL(rate‖limit) ≥ φ·ln(1/0.001)`), for then no step
 * could pass; a warning where it only looks so.
 */
export function errorLimitFindings(calibration: Calibration | null, settings: Settings): ReleaseFinding[] {
  const limit = settings.gate.maxErrorRate
  const [errors] = countedGates(settings.gates)
  if (limit === null || calibration === null || calibration.n === 0) return []
  if (errors?.gate.mode === 'observe') return []
  const { n, b } = calibration
  const rate = b / n
  if (rate < limit) return []
  const phi = phiPassOf(calibration, resolveConfig())
  const proved = n * information(Math.min(rate, 0.97), 0, 0, 0, limit) >= phi * Math.log(1 / mistaken)
  const details = { rate, requests: n, limit }
  return [{ id: 'error-limit', level: proved ? 'error' : 'warning', details }]
}
