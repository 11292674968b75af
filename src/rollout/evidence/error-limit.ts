import { countedGates } from '../../gates/selection.ts'
import type { Calibration } from '../../release/evidence/counts.ts'
import type { Finding } from '../../release/record/record.ts'
import type { Settings } from '../../release/settings.ts'
import { formatCount, formatPercent } from '../../release/text/figures.ts'
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
export function errorLimitFindings(calibration: Calibration | null, settings: Settings): Finding[] {
  const limit = settings.gate.maxErrorRate
  const [errors] = countedGates(settings.gates)
  if (limit === null || calibration === null || calibration.n === 0) return []
  if (errors?.gate.mode === 'observe') return []
  const { n, b } = calibration
  const rate = b / n
  if (rate < limit) return []
  const phi = phiPassOf(calibration, resolveConfig())
  const proved = n * information(Math.min(rate, 0.97), 0, 0, 0, limit) >= phi * Math.log(1 / mistaken)
  const seen = `Stable failed ${formatPercent(rate)} of ${formatCount(n)} requests before the release`
  return [
    {
      id: 'error-limit',
      level: proved ? 'error' : 'warning',
      text: `${seen}, over max-error-rate (${formatPercent(limit)}): a canary like it could not pass a step.`,
      remedy: 'Raise max-error-rate, or leave it out: the canary is compared with stable in any case.',
    },
  ]
}
