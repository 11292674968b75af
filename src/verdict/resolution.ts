import type { Calibration } from '../release/evidence/counts.ts'
import type { EngineConfig } from './config.ts'
import { createDispersion, phiForPass } from './engine/dispersion.ts'
import { limitWithoutControl, passLimit } from './engine/likelihoods.ts'
import { information } from './engine/projection.ts'
import { badRate, createRunningRate } from './engine/running-rate.ts'

/** StepTraffic is what a step can expect before it starts. Rates as fractions of 1, `share` too. */
export interface StepTraffic {
  config: EngineConfig
  /** Stable's bad share, see `runningRate`. */
  rate: number
  /** Dispersion that a pass reckons with, see `phiPassOf`. */
  phiPass: number
  /** The canary's share of the traffic. */
  share: number
  /** false where stable gets none. */
  control: boolean
  /** The canary's requests per second: share × all traffic. */
  canaryRate: number
  /** How long the step may take. */
  maxSeconds: number
  /** Cuts `config.margins` from above. */
  maxMargin?: number
}

/** MarginChoice is what a pass of a step will prove, and what that takes. */
interface MarginChoice {
  margin: number
  /** Not even `margin`, the largest on offer, can be expected within the step. */
  outOfReach: boolean
  /** Canary requests a good release needs to pass at `margin`. */
  requestsNeeded: number
  /** The same in seconds at `canaryRate`; Infinity without traffic. */
  secondsNeeded: number
  /** Canary requests for every margin on offer, increasing margins. */
  needs: { margin: number; requests: number }[]
}

/**
 * chooseMargin picks the smallest margin that a good release can be expected to prove within the step:
 * `2·φ_pass·ln(1/beta)/I' ≤ canaryRate·maxSeconds`, `I'` the information of one canary request of a release as
 * good as stable against the pass line. To be called before the step starts: choosing by its own counts would
 * break the promise of `beta`. A margin that the user fixed is `config.margins` with that one entry.
 */
export function chooseMargin(traffic: StepTraffic): MarginChoice {
  const { canaryRate, maxSeconds } = traffic
  const needs = marginsOnOffer(traffic).map((margin) => ({ margin, requests: requestsFor(traffic, margin) }))
  const limit = requestsForLimit(traffic)
  const expected = canaryRate * maxSeconds
  const last = needs[needs.length - 1] as { margin: number; requests: number }
  const reached = needs.find((need) => need.requests <= expected + 1e-9)
  const chosen = reached ?? last
  const requests = Math.max(chosen.requests, limit)
  return {
    margin: chosen.margin,
    outOfReach: reached === undefined || limit > expected + 1e-9,
    requestsNeeded: requests,
    secondsNeeded: canaryRate > 0 ? requests / canaryRate : Number.POSITIVE_INFINITY,
    needs,
  }
}

/** marginsOnOffer is never empty: where the user's bounds leave nothing of the list, their bound is the offer. */
function marginsOnOffer({ config, maxMargin = 1 }: StepTraffic): number[] {
  const offer = config.margins.filter((margin) => margin >= config.passMargin && margin <= maxMargin)
  return offer.length > 0 ? offer : [Math.min(config.passMargin, maxMargin)]
}

/** requestsFor is how many canary requests a good release needs to prove `margin`, at a share of the traffic. */
function requestsFor(traffic: StepTraffic, margin: number, share = traffic.share): number {
  const { config, rate, phiPass, control } = traffic
  const nats = control
    ? information(rate, rate, (1 - share) / share, config.passRatio, margin)
    : information(rate, 0, 0, 0, passLimit(config, rate, margin))
  return (2 * phiPass * Math.log(1 / config.beta)) / nats
}

/** requestsForLimit is how many canary requests a release as good as stable needs to prove the absolute limit. */
function requestsForLimit({ config, rate, phiPass }: StepTraffic): number {
  const { promisedLimit } = config
  if (promisedLimit === null) return 0
  if (rate >= promisedLimit) return Number.POSITIVE_INFINITY
  return (2 * phiPass * Math.log(1 / config.beta)) / information(rate, 0, 0, 0, promisedLimit)
}

/** phiPassOf is the dispersion that a pass reckons with before a release. */
export function phiPassOf(calibration: Calibration | null, config: EngineConfig): number {
  return phiForPass(createDispersion(calibration), config)
}

/** runningRate is stable's bad share as the engine takes it over from history. */
export function runningRate(calibration: Calibration | null, config: EngineConfig): number {
  return badRate(createRunningRate(config, calibration))
}

/** StepRemedy is what would bring a step's pass within reach, each by itself. */
export interface StepRemedy {
  /** Smallest share in whole percent, above the step's, at the same traffic and time; null: none, or no stable at it. */
  sharePercent: number | null
  /** How long the step would have to be, in seconds; null without traffic. */
  maxSeconds: number | null
  /** All traffic, canary's and stable's, that it would take, in requests per second. */
  requestsPerSecond: number
}

/**
 * stepRemedy computes what would change a step that can't be expected to pass, at the largest margin on offer and under the
 * absolute limit; null where it can be, or where nothing would help.
 */
export function stepRemedy(traffic: StepTraffic): StepRemedy | null {
  const { canaryRate, maxSeconds, share } = traffic
  const { outOfReach, requestsNeeded: requests, margin } = chooseMargin(traffic)
  if (!outOfReach || !Number.isFinite(requests)) return null
  return {
    sharePercent: shareFor(traffic, margin),
    maxSeconds: canaryRate > 0 ? requests / canaryRate : null,
    requestsPerSecond: requests / maxSeconds / share,
  }
}

function shareFor(traffic: StepTraffic, margin: number): number | null {
  const { canaryRate, control, maxSeconds, share } = traffic
  if (!control) return null
  const total = canaryRate / share
  const limit = requestsForLimit(traffic)
  for (let percent = Math.floor(share * 100 + 1e-9) + 1; percent < 100; percent++) {
    const requests = Math.max(requestsFor(traffic, margin, percent / 100), limit)
    if (requests <= (total * percent * maxSeconds) / 100) return percent
  }
  return null
}

/**
 * timeToCatch is the expected time, in seconds, until a canary with the bad share `canaryBad` is proven worse,
 * where stable's is `rate`: 1.6 times Wald's limit (what the engine needs on average), in whole polls, at least
 * two. null where it is not beyond the abort line, or without traffic: then never.
 */
export function timeToCatch(options: {
  config: EngineConfig
  rate: number
  canaryBad: number
  share: number
  control: boolean
  canaryRate: number
  pollSeconds: number
}): number | null {
  const { config, rate, canaryBad, share, control, canaryRate, pollSeconds } = options
  const limit = control ? config.abortRatio * rate : (config.slo ?? limitWithoutControl(config, rate))
  if (!(canaryBad > limit) || !(canaryRate > 0)) return null
  const nats = control
    ? information(canaryBad, rate, (1 - share) / share, config.abortRatio, 0)
    : information(canaryBad, 0, 0, 0, limit)
  const requests = (1.6 * Math.log(1 / config.alpha)) / nats
  return pollSeconds * Math.max(2, Math.ceil(requests / (canaryRate * pollSeconds)))
}
