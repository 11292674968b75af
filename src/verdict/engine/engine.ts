import type { Calibration, Poll } from '../../release/evidence/counts.ts'
import type { Verdict } from '../../release/verdict.ts'
import { checkOverride, type EngineConfig, resolveConfig, type StepOverride } from '../config.ts'
import { createBlockReader, readPoll } from './blocks.ts'
import { cusum } from './cusum.ts'
import { createDispersion, phiForPass, phiOf, ratesWander, updateDispersion } from './dispersion.ts'
import { createEProcess, resetEProcess, updateEProcess } from './e-process.ts'
import type { Engine, Ruling, Step } from './engine-state.ts'
import {
  belowLimitFactors,
  belowLimitLikelihoods,
  gapLikelihoods,
  limitLikelihoods,
  limitWithoutControl,
  passLikelihood,
  rateLikelihoods,
  shareLikelihoods,
} from './likelihoods.ts'
import { createNoiseGuard, updateNoiseGuard } from './noise-guard.ts'
import { abortEvidence, ruleOnStep } from './ruling.ts'
import { badRate, createRunningRate, updateRunningRate } from './running-rate.ts'
import { stillNeeded } from './shortfall.ts'
import { thresholdsOf } from './thresholds.ts'

/** createEngine is an engine before its first poll. Throws Failure `invalid-input` for a bad config. */
export function createEngine(config: Partial<EngineConfig>, calibration: Calibration | null): Engine {
  const full = resolveConfig(config)
  const normal = calibration !== null && calibration.n > 0 ? calibration.b / calibration.n : null
  const dispersion = createDispersion(calibration)
  return {
    config: full,
    thresholds: thresholdsOf(full, calibration),
    reader: createBlockReader(),
    poll: createEProcess(full.ratios.length, full.cash),
    lr: createEProcess(full.ratios.length, full.cash),
    gap: createEProcess(full.gapRates.length, full.cash),
    solo: createEProcess(full.soloFactors.length, full.cash),
    slo: createEProcess(full.soloFactors.length, full.cash),
    pass: createEProcess(1, full.cash),
    belowLimit: createEProcess(belowLimitFactors.length + 1, full.cash),
    rate: createRunningRate(full, calibration),
    dispersion,
    noiseGuard: createNoiseGuard(full.noiseLag, ratesWander(dispersion, full.noiseFloor)),
    sharedLimit: normal === null ? null : limitWithoutControl(full, normal),
    shared: 0,
    sloStable: 0,
    canaryTotal: 0,
    canaryBad: 0,
    stableTotal: 0,
    stableBad: 0,
    badBlocks: 0,
    lastSeen: null,
    firstAnchor: null,
    lastBlock: null,
    step: null,
    final: null,
  }
}

/**
 * advance takes the next poll and answers. `override` is read at the poll that starts a step. A `fail` is final
 * for the release. An `inconclusive` stays the answer of its step, which no later poll can make a pass; only
 * proof of harm, for it holds whenever it is reached, still turns it into a `fail`.
 */
export function advance(engine: Engine, poll: Poll, override?: StepOverride): Verdict {
  const step =
    engine.step?.number === poll.step ? engine.step : beginStep(engine, poll.step, poll.t, override)
  const note = readPoll(engine.reader, poll)
  if (note === 'ok') addBlock(engine, step)
  if (note !== 'missing') engine.lastSeen = poll.t
  if (note === 'anchor') engine.firstAnchor ??= poll.t
  if (note === 'ok') engine.lastBlock = poll.t
  const ruling = finalOf(engine, ruleOnStep(engine, step, poll.t))
  return {
    t: poll.t,
    verdict: ruling.verdict,
    reason: ruling.reason,
    note,
    logAbort: abortEvidence(engine),
    logAbortNeeded: engine.thresholds.abort,
    logPass: engine.pass.total,
    ...(engine.config.promisedLimit === null ? {} : { logBelowLimit: engine.belowLimit.total }),
    logPoll: engine.poll.total,
    logLr: engine.lr.total,
    logGap: engine.gap.total,
    phi: known(phiOf(engine.dispersion, engine.config)),
    numbers: {
      canary: { total: engine.canaryTotal, bad: engine.canaryBad },
      stable: { total: engine.stableTotal, bad: engine.stableBad },
      stepCanaryTotal: step.canaryTotal,
      stepSeconds: poll.t - step.start,
    },
    needed: stillNeeded(engine, step, poll.t, ruling),
  }
}

function beginStep(engine: Engine, number: number, start: number, override: StepOverride = {}): Step {
  checkOverride(override)
  const { config } = engine
  engine.step = {
    number,
    start,
    margin: override.passMargin ?? config.passMargin,
    minSeconds: override.minSeconds ?? config.minSeconds,
    maxSeconds: override.maxSeconds ?? config.maxSeconds,
    minRequests: override.minRequests ?? config.minRequests,
    canaryTotal: 0,
    stableTotal: 0,
  }
  resetEProcess(engine.pass)
  resetEProcess(engine.belowLimit)
  if (engine.final?.verdict !== 'fail') engine.final = null
  return engine.step
}

/** finalOf keeps what is final. */
function finalOf(engine: Engine, ruling: Ruling): Ruling {
  if (engine.final?.verdict === 'fail') return engine.final
  if (ruling.verdict === 'fail') engine.final = ruling
  else if (ruling.verdict === 'inconclusive') engine.final ??= ruling
  return engine.final ?? ruling
}

/** addBlock weighs the new block by what was known before it, then learns from it. */
function addBlock(engine: Engine, step: Step): void {
  const { config, dispersion, rate } = engine
  const { control, nc, bc, ns, bs } = engine.reader.block
  const before = badRate(rate)
  const phiPass = phiForPass(dispersion, config)
  if (control) updateComparison(engine, before, phiOf(dispersion, config))
  else updateOneSample(engine, before)
  if (config.slo !== null) updateLimit(engine, config.slo)
  passLikelihood(engine.pass.logRatios, config, engine.reader.block, before, phiPass, step.margin)
  updateEProcess(engine.pass, config.share, engine.thresholds.passCap, engine.thresholds.pass + 1)
  if (config.promisedLimit !== null) updateBelowLimit(engine, config.promisedLimit, before, phiPass)
  updateSharedDegradation(engine)
  if (control && bc + bs > 0) {
    updateDispersion(dispersion, config.phiMemory, nc, bc, ns, bs)
    updateNoiseGuard(engine.noiseGuard, config, nc, bc, ns, bs, ratesWander(dispersion, config.noiseFloor))
  }
  if (control) updateRunningRate(rate, config.rateMemory, ns, bs)
  engine.canaryTotal += nc
  engine.canaryBad += bc
  engine.stableTotal += ns
  engine.stableBad += bs
  if (bc > 0) engine.badBlocks += 1
  step.canaryTotal += nc
  step.stableTotal += ns
}

function updateComparison(engine: Engine, rate: number, phi: number): void {
  const { config, thresholds, poll, lr, gap } = engine
  const { block } = engine.reader
  shareLikelihoods(poll.logRatios, config, block)
  updateEProcess(poll, config.share, thresholds.poll.cap, Number.POSITIVE_INFINITY)
  if (block.bc + block.bs > phi) rateLikelihoods(lr.logRatios, config, block, rate, phi)
  else shareLikelihoods(lr.logRatios, config, block)
  updateEProcess(lr, config.share, thresholds.lr.cap, Number.POSITIVE_INFINITY)
  gapLikelihoods(gap.logRatios, config, block, rate)
  updateEProcess(gap, config.share, thresholds.gap.cap, Number.POSITIVE_INFINITY)
}

function updateOneSample(engine: Engine, rate: number): void {
  const { config, thresholds, solo } = engine
  limitLikelihoods(
    solo.logRatios,
    config,
    engine.reader.block,
    config.slo ?? limitWithoutControl(config, rate),
  )
  updateEProcess(solo, config.share, thresholds.solo.cap, Number.POSITIVE_INFINITY)
}

/** updateLimit tests the canary against the user's limit, unless stable breaks it too: then the canary is not the cause. */
function updateLimit(engine: Engine, limit: number): void {
  const { config, thresholds, slo } = engine
  const { block } = engine.reader
  engine.sloStable = block.control
    ? cusum(engine.sloStable, block.ns, block.bs, limit, thresholds.shared, config.cap)
    : 0
  const shared = engine.sloStable >= thresholds.shared / 2 - 1e-9
  if (shared) slo.logRatios.fill(0)
  else limitLikelihoods(slo.logRatios, config, block, limit)
  updateEProcess(slo, config.share, thresholds.slo.cap, shared ? 0 : Number.POSITIVE_INFINITY)
}

/** updateBelowLimit gathers the evidence that the canary alone is below the limit that a pass promises. */
function updateBelowLimit(engine: Engine, limit: number, rate: number, phi: number): void {
  const { config, thresholds, belowLimit } = engine
  belowLimitLikelihoods(belowLimit.logRatios, engine.reader.block, limit, rate, phi)
  updateEProcess(belowLimit, config.share, thresholds.passCap, thresholds.pass + 1)
}

function updateSharedDegradation(engine: Engine): void {
  const { config, thresholds, sharedLimit } = engine
  const { block } = engine.reader
  if (sharedLimit === null) return
  engine.shared = block.control
    ? cusum(engine.shared, block.ns, block.bs, sharedLimit, thresholds.shared, config.cap)
    : 0
}

function known(phi: number): number | null {
  return Number.isFinite(phi) ? phi : null
}
