import type { EngineConfig } from '../config.ts'
import { blockLog, oddsMultiple, shareAtLine, shareLog } from './block-evidence.ts'
import type { Block } from './blocks.ts'

/** shareLikelihoods fills `logRatios` with the share likelihoods of `config.ratios`; all 0 where nothing bad happened. */
export function shareLikelihoods(logRatios: Float64Array, config: EngineConfig, block: Block): void {
  const { nc, bc, ns, bs } = block
  const { ratios, abortRatio } = config
  const silent = bc + bs === 0
  const atLine = silent ? 0 : shareAtLine(nc, ns, abortRatio)
  for (let k = 0; k < ratios.length; k++) {
    logRatios[k] = silent ? 0 : shareLog(nc, bc, ns, bs, abortRatio, ratios[k] as number, atLine)
  }
}

/** rateLikelihoods fills `logRatios` with likelihood ratios of odds multiples beyond the line, tempered by `phi`. */
export function rateLikelihoods(
  logRatios: Float64Array,
  config: EngineConfig,
  block: Block,
  rate: number,
  phi: number,
): void {
  const { nc, bc, ns, bs } = block
  const { ratios, abortRatio } = config
  const line = abortRatio * rate
  const from = Math.min(0.95, line)
  for (let k = 0; k < ratios.length; k++) {
    const canary = oddsMultiple(from, ratios[k] as number)
    logRatios[k] = canary > line ? blockLog(nc, bc, ns, bs, canary, rate, abortRatio, 0) / phi : 0
  }
}

/** gapLikelihoods fills `logRatios` with likelihood ratios of catastrophic rates against the line plus `config.gap`. */
export function gapLikelihoods(
  logRatios: Float64Array,
  config: EngineConfig,
  block: Block,
  rate: number,
): void {
  const { nc, bc, ns, bs } = block
  const { gapRates, abortRatio, gap } = config
  const line = abortRatio * rate + gap
  for (let k = 0; k < gapRates.length; k++) {
    const canary = gapRates[k] as number
    logRatios[k] = canary > line ? blockLog(nc, bc, ns, bs, canary, rate, abortRatio, gap) : 0
  }
}

/** limitLikelihoods fills `logRatios` with likelihood ratios of the canary alone, multiples of `limit` against it. */
export function limitLikelihoods(
  logRatios: Float64Array,
  config: EngineConfig,
  block: Block,
  limit: number,
): void {
  const { soloFactors } = config
  for (let k = 0; k < soloFactors.length; k++) {
    const canary = Math.min(0.97, (soloFactors[k] as number) * limit)
    logRatios[k] = canary > limit ? blockLog(block.nc, block.bc, 0, 0, canary, 0, 0, limit) : 0
  }
}

/** limitWithoutControl is what a canary that stands alone must stay below when the user set no limit. */
export function limitWithoutControl(config: EngineConfig, rate: number): number {
  return Math.min(0.9, Math.max(config.sharedFactor * rate, rate + config.sharedAdd))
}

/** passLimit is the line a canary that stands alone must prove to be below. */
export function passLimit(config: EngineConfig, rate: number, margin: number): number {
  return Math.min(0.95, config.passRatio * rate + margin)
}

/** passLikelihood fills `logRatios` with the likelihood ratio of "as good as stable" against the pass line, tempered. */
export function passLikelihood(
  logRatios: Float64Array,
  config: EngineConfig,
  block: Block,
  rate: number,
  phi: number,
  margin: number,
): void {
  const { nc, bc, ns, bs } = block
  if (block.control) {
    logRatios[0] = blockLog(nc, bc, ns, bs, rate, rate, config.passRatio, margin) / phi
    return
  }
  const limit = passLimit(config, rate, margin)
  logRatios[0] = rate < limit ? blockLog(nc, bc, 0, 0, rate, 0, 0, limit) / phi : 0
}

/** belowLimitFactors are the multiples of a limit that are alternatives of being below it, beside stable's rate. */
export const belowLimitFactors: readonly number[] = [0.1, 0.4, 0.7]

/**
 * belowLimitLikelihoods fills `logRatios` with likelihood ratios of the canary alone, rates below `limit` against it,
 * tempered by `phi`: an e-value for every canary at or beyond the limit, so that inverting it at 1/beta is the upper
 * bound of its rate at 1 − beta.
 */
export function belowLimitLikelihoods(
  logRatios: Float64Array,
  { nc, bc }: Block,
  limit: number,
  rate: number,
  phi: number,
): void {
  const alternatives = [Math.min(rate, 0.9 * limit), ...belowLimitFactors.map((factor) => factor * limit)]
  alternatives.forEach((canary, k) => {
    logRatios[k] = blockLog(nc, bc, 0, 0, canary, 0, 0, limit) / phi
  })
}
