import type { LatencyModel } from './traffic-model.ts'

/** Upper bounds of Istio's latency histogram in ms; the last bucket is +Inf. */
export const latencyBounds: readonly number[] = [
  0.5,
  1,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1000,
  2500,
  5000,
  10000,
  30000,
  60000,
  300000,
  600000,
  1800000,
  3600000,
  Number.POSITIVE_INFINITY,
]

/** shareWithin gives the share of answers that take at most `ms`. */
export function shareWithin(latency: LatencyModel, ms: number): number {
  const main = logNormalCdf(ms, latency.medianMs, latency.spread)
  if (latency.slow === undefined) return main
  const { share, medianMs, spread } = latency.slow
  return main * (1 - share) + logNormalCdf(ms, medianMs, spread) * share
}

/** meanLatency gives the mean time to answer in ms: median · exp(spread²/2) for each hump. */
export function meanLatency(latency: LatencyModel): number {
  const main = latency.medianMs * Math.exp(latency.spread ** 2 / 2)
  if (latency.slow === undefined) return main
  const { share, medianMs, spread } = latency.slow
  return main * (1 - share) + medianMs * Math.exp(spread ** 2 / 2) * share
}

/**
 * bucketShares gives the share of each bucket of `latencyBounds` among the answers that take at most `limitMs`
 * (their sum is `shareWithin(limit)`, not 1).
 */
export function bucketShares(latency: LatencyModel, limitMs: number): Float64Array {
  const shares = new Float64Array(latencyBounds.length)
  let below = 0
  for (let index = 0; index < latencyBounds.length; index += 1) {
    const upTo = shareWithin(latency, Math.min(latencyBounds[index] as number, limitMs))
    shares[index] = upTo - below
    below = upTo
  }
  return shares
}

/** bucketOf gives the index of the bucket that a time in ms falls into. */
export function bucketOf(ms: number): number {
  return latencyBounds.findIndex((bound) => ms <= bound)
}

/** bucketTimes gives one typical time in ms for each bucket: the geometric middle of its bounds. */
export const bucketTimes: readonly number[] = latencyBounds.map((bound, index) => {
  const lower = index === 0 ? 0.1 : (latencyBounds[index - 1] as number)
  return Number.isFinite(bound) ? Math.sqrt(lower * bound) : lower * 1.5
})

function logNormalCdf(ms: number, medianMs: number, spread: number): number {
  if (ms === Number.POSITIVE_INFINITY) return 1
  if (!(ms > 0)) return 0
  if (spread <= 0) return ms >= medianMs ? 1 : 0
  return normalCdf(Math.log(ms / medianMs) / spread)
}

/** normalCdf by W. J. Cody's style rational erfc from Numerical Recipes; relative error below 1.2e-7. */
function normalCdf(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + 0.5 * x)
  let sum = 0
  for (let index = erfcTerms.length - 1; index >= 0; index -= 1) sum = sum * t + (erfcTerms[index] as number)
  const upper = 0.5 * t * Math.exp(-x * x + sum)
  return z >= 0 ? 1 - upper : upper
}

const erfcTerms = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
  -0.82215223, 0.17087277,
]
