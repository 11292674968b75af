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
  const { thresholds } = engine
  const floor = Math.max(0, step.minRequests - step.canaryTotal)
  const comparison = requestsFor(
    engine,
    thresholds.pass - engine.pass.total,
    comparisonInformation(engine, step),
  )
  const limit = requestsFor(engine, thresholds.pass - engine.belowLimit.total, limitInformation(engine))
  if (comparison === null || limit === null) return null
  return Math.ceil(Math.max(floor, comparison, limit))
}

/** requestsFor is how many requests bring the missing evidence (nats); null where none would. */
function requestsFor(engine: Engine, missing: number, perRequest: number | null): number | null {
  if (missing <= 1e-9 || perRequest === null) return 0
  return perRequest > 0 ? (2 * phiForPass(engine.dispersion, engine.config) * missing) / perRequest : null
}

/** What a request of a canary at stable's rate tells of its being below the limit; null where there is none. */
function limitInformation({ config: { promisedLimit }, rate }: Engine): number | null {
  if (promisedLimit === null) return null
  const stable = badRate(rate)
  return stable < promisedLimit ? information(stable, 0, 0, 0, promisedLimit) : 0
}

function comparisonInformation(engine: Engine, step: Step): number {
  const { config } = engine
  const rate = badRate(engine.rate)
  return engine.reader.block.control
    ? information(rate, rate, step.stableTotal / step.canaryTotal, config.passRatio, step.margin)
    : information(rate, 0, 0, 0, passLimit(config, rate, step.margin))
}
