import type { Calibration, Poll } from '../release/counts.ts'
import type { Verdict } from '../release/verdict.ts'
import { betOnGap, betOnLimit, betOnPass, betOnRates, betOnShare, limitWithoutControl } from './bets.ts'
import { type Intake, startIntake, take } from './blocks.ts'
import { checkOverride, type EngineConfig, resolveConfig, type StepOverride } from './config.ts'
import { cusum } from './cusum.ts'
import { type Dispersion, observe, phiForPass, phiOf, startDispersion, wandering } from './dispersion.ts'
import { drifted, type Lock, startLock } from './lock.ts'
import { type Portfolio, restart, settle, startPortfolio } from './portfolio.ts'
import { type RunningRate, rateOf, remember, startRate } from './rate.ts'
import { abortEvidence, type Ruling, rule } from './ruling.ts'
import { stillNeeded } from './shortfall.ts'
import { type Stakes, stakesOf } from './stakes.ts'

/** Step is what counts for the current step alone. Times in seconds since the release started. */
export interface Step {
  number: number
  start: number
  margin: number
  minSeconds: number
  maxSeconds: number
  minRequests: number
  /** Requests of the arms in this step's blocks. */
  canaryTotal: number
  stableTotal: number
}

/** Engine is the state of one release's verdict: plain data, changed by `advance` alone. */
export interface Engine {
  readonly config: EngineConfig
  readonly stakes: Stakes
  readonly intake: Intake
  readonly poll: Portfolio
  readonly lr: Portfolio
  readonly gap: Portfolio
  readonly solo: Portfolio
  readonly slo: Portfolio
  readonly pass: Portfolio
  readonly rate: RunningRate
  readonly dispersion: Dispersion
  readonly lock: Lock
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

/** startEngine is an engine before its first poll. Throws Failure `invalid-input` for a bad config. */
export function startEngine(config: Partial<EngineConfig>, calibration: Calibration | null): Engine {
  const full = resolveConfig(config)
  const normal = calibration !== null && calibration.n > 0 ? calibration.b / calibration.n : null
  const dispersion = startDispersion(calibration)
  return {
    config: full,
    stakes: stakesOf(full, calibration),
    intake: startIntake(),
    poll: startPortfolio(full.ratios.length, full.cash),
    lr: startPortfolio(full.ratios.length, full.cash),
    gap: startPortfolio(full.gapRates.length, full.cash),
    solo: startPortfolio(full.soloFactors.length, full.cash),
    slo: startPortfolio(full.soloFactors.length, full.cash),
    pass: startPortfolio(1, full.cash),
    rate: startRate(full, calibration),
    dispersion,
    lock: startLock(full.noiseLag, wandering(dispersion, full.noiseFloor)),
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
  const note = take(engine.intake, poll)
  if (note === 'ok') absorb(engine, step)
  if (note !== 'missing') engine.lastSeen = poll.t
  if (note === 'anchor') engine.firstAnchor ??= poll.t
  if (note === 'ok') engine.lastBlock = poll.t
  const ruling = finalOf(engine, rule(engine, step, poll.t))
  return {
    t: poll.t,
    verdict: ruling.verdict,
    reason: ruling.reason,
    note,
    logAbort: abortEvidence(engine),
    logPass: engine.pass.total,
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
  restart(engine.pass)
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

/** absorb bets on the new block with what was known before it, then learns from it. */
function absorb(engine: Engine, step: Step): void {
  const { config, dispersion, rate } = engine
  const { control, nc, bc, ns, bs } = engine.intake.block
  const before = rateOf(rate)
  const phiPass = phiForPass(dispersion, config)
  if (control) playComparison(engine, before, phiOf(dispersion, config))
  else playSolo(engine, before)
  if (config.slo !== null) playLimit(engine, config.slo)
  betOnPass(engine.pass.bets, config, engine.intake.block, before, phiPass, step.margin)
  settle(engine.pass, config.share, engine.stakes.passCap, engine.stakes.pass + 1)
  watchStable(engine)
  if (control && bc + bs > 0) {
    observe(dispersion, config.phiMemory, nc, bc, ns, bs)
    drifted(engine.lock, config, nc, bc, ns, bs, wandering(dispersion, config.noiseFloor))
  }
  if (control) remember(rate, config.rateMemory, ns, bs)
  engine.canaryTotal += nc
  engine.canaryBad += bc
  engine.stableTotal += ns
  engine.stableBad += bs
  if (bc > 0) engine.badBlocks += 1
  step.canaryTotal += nc
  step.stableTotal += ns
}

function playComparison(engine: Engine, rate: number, phi: number): void {
  const { config, stakes, poll, lr, gap } = engine
  const { block } = engine.intake
  betOnShare(poll.bets, config, block)
  settle(poll, config.share, stakes.poll.cap, Number.POSITIVE_INFINITY)
  if (block.bc + block.bs > phi) betOnRates(lr.bets, config, block, rate, phi)
  else betOnShare(lr.bets, config, block)
  settle(lr, config.share, stakes.lr.cap, Number.POSITIVE_INFINITY)
  betOnGap(gap.bets, config, block, rate)
  settle(gap, config.share, stakes.gap.cap, Number.POSITIVE_INFINITY)
}

function playSolo(engine: Engine, rate: number): void {
  const { config, stakes, solo } = engine
  betOnLimit(solo.bets, config, engine.intake.block, config.slo ?? limitWithoutControl(config, rate))
  settle(solo, config.share, stakes.solo.cap, Number.POSITIVE_INFINITY)
}

/** playLimit tests the canary against the user's limit, unless stable breaks it too: then nobody is to blame. */
function playLimit(engine: Engine, limit: number): void {
  const { config, stakes, slo } = engine
  const { block } = engine.intake
  engine.sloStable = block.control
    ? cusum(engine.sloStable, block.ns, block.bs, limit, stakes.shared, config.cap)
    : 0
  const blamed = engine.sloStable >= stakes.shared / 2 - 1e-9
  if (blamed) slo.bets.fill(0)
  else betOnLimit(slo.bets, config, block, limit)
  settle(slo, config.share, stakes.slo.cap, blamed ? 0 : Number.POSITIVE_INFINITY)
}

function watchStable(engine: Engine): void {
  const { config, stakes, sharedLimit } = engine
  const { block } = engine.intake
  if (sharedLimit === null) return
  engine.shared = block.control
    ? cusum(engine.shared, block.ns, block.bs, sharedLimit, stakes.shared, config.cap)
    : 0
}

function known(phi: number): number | null {
  return Number.isFinite(phi) ? phi : null
}
