import type { Verdict } from '../../release/verdict.ts'
import { phiForPass } from './dispersion.ts'
import type { Engine, Ruling, Step } from './engine-state.ts'
import { passLimit } from './likelihoods.ts'
import { information } from './projection.ts'
import { badRate } from './running-rate.ts'

/**
 * stillNeeded estimates what a pass of the step lacks: canary requests until a good release would have it (twice
 * the missing evidence over a request's information, as the choice of the margin reckons, at the step's mix of
 * traffic so far; null before its first block) and seconds to the minimum time. Null where the answer is final
 * or given, where neither lacks, and in a phase that never passes (settling).
 */
export function stillNeeded(engine: Engine, step: Step, t: number, ruling: Ruling): Verdict['needed'] {
  if (ruling.verdict === 'pass' || ruling.verdict === 'fail') return null
  if (step.minSeconds === Number.POSITIVE_INFINITY) return null
  const seconds = Math.max(0, step.minSeconds - (t - step.start))
  const requests = requestsMissing(engine, step)
  return requests === 0 && seconds === 0 ? null : { requests, seconds }
}

function requestsMissing(engine: Engine, step: Step): number | null {
  if (step.canaryTotal === 0) return null
  const { config, thresholds } = engine
  const missing = thresholds.pass - engine.pass.total
  const floor = Math.max(0, step.minRequests - step.canaryTotal)
  if (missing <= 1e-9) return Math.ceil(floor)
  const rate = badRate(engine.rate)
  const told = engine.reader.block.control
    ? information(rate, rate, step.stableTotal / step.canaryTotal, config.passRatio, step.margin)
    : information(rate, 0, 0, 0, passLimit(config, rate, step.margin))
  if (!(told > 0)) return null
  return Math.ceil(Math.max(floor, (2 * phiForPass(engine.dispersion, config) * missing) / told))
}
