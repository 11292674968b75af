import type { Engine, Ruling, Step } from './engine-state.ts'
import { guardsAgainstNoise } from './noise-guard.ts'

const worse: Ruling = { verdict: 'fail', reason: 'worse-than-stable' }
const overLimit: Ruling = { verdict: 'fail', reason: 'over-limit' }
const notWorse: Ruling = { verdict: 'pass', reason: 'not-worse' }
const blind = { hold: hold('no-data'), late: inconclusive('no-data') }
const idle = { hold: hold('no-traffic'), late: inconclusive('no-traffic') }
const degraded = { hold: hold('shared-degradation'), late: inconclusive('shared-degradation') }
const lateSuspicious = inconclusive('suspicious')
const lateUnproven = inconclusive('too-little-evidence')
const suspicious: Ruling = { verdict: 'continue', reason: 'suspicious' }
const young: Ruling = { verdict: 'continue', reason: 'min-duration' }
const collecting: Ruling = { verdict: 'continue', reason: 'collecting' }

function hold(reason: Ruling['reason']): Ruling {
  return { verdict: 'hold', reason }
}

function inconclusive(reason: Ruling['reason']): Ruling {
  return { verdict: 'inconclusive', reason }
}

/** reaches is `value ≥ bound`, with room for the last digits of a sum of logarithms. */
function reaches(value: number, bound: number): boolean {
  return value >= bound - 1e-9
}

/** abortEvidence is the log of the weighted sum of all e-processes of harm. */
export function abortEvidence(engine: Engine): number {
  return evidence(engine, true, engine.config.slo !== null)
}

/** evidence adds up `gap` and `solo`, and optionally the comparing e-processes and the absolute limit. */
function evidence(engine: Engine, comparing: boolean, limit: boolean): number {
  const { thresholds } = engine
  const poll = comparing ? engine.poll.total : Number.NEGATIVE_INFINITY
  const lr = comparing ? engine.lr.total : Number.NEGATIVE_INFINITY
  const slo = limit ? engine.slo.total : Number.NEGATIVE_INFINITY
  const most = Math.max(poll, lr, engine.gap.total, engine.solo.total, slo)
  return (
    most +
    Math.log(
      thresholds.poll.weight * Math.exp(poll - most) +
        thresholds.lr.weight * Math.exp(lr - most) +
        thresholds.gap.weight * Math.exp(engine.gap.total - most) +
        thresholds.solo.weight * Math.exp(engine.solo.total - most) +
        thresholds.slo.weight * Math.exp(slo - most),
    )
  )
}

/** ruleOnStep answers for the step at time `t`: the first rule below that applies. */
export function ruleOnStep(engine: Engine, step: Step, t: number): Ruling {
  const proof = proven(engine)
  if (proof !== null) return proof
  const late = reaches(t - step.start, step.maxSeconds)
  const unsure = blindness(engine, step, t) ?? (isDegraded(engine) ? degraded : null)
  if (unsure !== null) return late ? unsure.late : unsure.hold
  const suspected = reaches(abortEvidence(engine), engine.thresholds.suspect)
  const suffices =
    reaches(engine.pass.total, engine.thresholds.pass) &&
    reaches(step.canaryTotal, step.minRequests) &&
    (engine.config.promisedLimit === null || reaches(engine.belowLimit.total, engine.thresholds.pass))
  if (suffices && !suspected && reaches(t - step.start, step.minSeconds)) return notWorse
  if (late) return suspected ? lateSuspicious : lateUnproven
  if (suspected) return suspicious
  return suffices ? young : collecting
}

/** proven is the fail, if there is one: enough bad requests to speak of at all, and evidence beyond 1/alpha. */
function proven(engine: Engine): Ruling | null {
  const { config, thresholds } = engine
  const enough =
    reaches(engine.canaryBad, config.minBad) &&
    reaches(engine.badBlocks, config.minBadBlocks) &&
    (engine.stableTotal === 0 ||
      reaches(
        engine.canaryBad / engine.canaryTotal - engine.stableBad / engine.stableTotal,
        config.minExcess,
      ))
  if (!enough) return null
  const comparing = !guardsAgainstNoise(engine.noiseGuard, config.lockZ)
  if (reaches(evidence(engine, comparing, false), thresholds.abort)) return worse
  if (config.slo === null || reaches(engine.sloStable, thresholds.shared / 2)) return null
  return reaches(evidence(engine, comparing, true), thresholds.abort) ? overLimit : null
}

/** catastrophic says whether harm is proven by the catastrophe e-processes alone, with enough bad requests to speak of. */
export function catastrophic(engine: Engine): boolean {
  const { config, thresholds } = engine
  return (
    reaches(engine.canaryBad, config.minBad) &&
    reaches(engine.badBlocks, config.minBadBlocks) &&
    reaches(evidence(engine, false, false), thresholds.abort)
  )
}

/** blindness says, by two clocks that run through the release, whether polls fail or no request arrives. */
function blindness(engine: Engine, step: Step, t: number): { hold: Ruling; late: Ruling } | null {
  const { staleSeconds } = engine.config
  if (t - (engine.lastSeen ?? step.start) > staleSeconds) return blind
  if (t - (engine.lastBlock ?? engine.firstAnchor ?? step.start) > staleSeconds) return idle
  return null
}

function isDegraded(engine: Engine): boolean {
  return (
    reaches(engine.shared, engine.thresholds.shared) || reaches(engine.sloStable, engine.thresholds.shared)
  )
}
