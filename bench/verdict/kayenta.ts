import type { Counts } from '../../src/release/evidence/counts.ts'
import { normal, type Random } from './random.ts'
import type { DecisionRule, End } from './rule.ts'

const interval = 600
const lifetime = 1800
const tolerance = 0.25
const quantile = 2.3263478740408408

/**
 * kayenta compares points of one minute each, all since the start, every ten minutes for half an hour: one
 * metric (the error rate, in percent), direction increase, points without requests left out, thresholds of
 * effect at their defaults.
 */
export function kayenta(random: Random, share = 0.1): DecisionRule {
  const canary: number[] = []
  const stable: number[] = []
  let from: [Counts, Counts] = [
    { total: 0, bad: 0 },
    { total: 0, bad: 0 },
  ]
  return {
    share,
    step: 0,
    observe(poll): End | null {
      if (poll.t % 60 !== 0 || poll.canary === null || poll.stable === null) return null
      point(canary, from[0], poll.canary)
      point(stable, from[1], poll.stable)
      from = [poll.canary, poll.stable]
      if (poll.t % interval !== 0) return null
      if (isHigh(random, canary, stable)) return 'aborted'
      return poll.t >= lifetime ? 'promoted' : null
    },
  }
}

function point(points: number[], before: Counts, now: Counts): void {
  const total = now.total - before.total
  if (total > 0) points.push((100 * (now.bad - before.bad)) / total)
}

/** isHigh is the judge's classification; no data on a side scores 0, as High does. */
export function isHigh(random: Random, experiment: readonly number[], control: readonly number[]): boolean {
  if (experiment.length === 0 || control.length === 0) return true
  let x = [...experiment]
  let y = [...control]
  const sortedX = [...x].sort((a, b) => a - b)
  const sortedY = [...y].sort((a, b) => a - b)
  if (sortedX.length === sortedY.length && sortedX.every((value, i) => value === sortedY[i])) return false
  if (constant([...x, ...y])) return false
  if (constant(x) && constant(y)) {
    x = x.map((value) => value + normal(random) * value * 1e-5)
    y = y.map((value) => value + normal(random) * value * 1e-5)
  }
  const low = bound(x, y, quantile)
  const estimate = bound(x, y, 0)
  // A classification that throws (no spread left) is in no bucket, and then the score is full.
  if (Number.isNaN(low) || Number.isNaN(estimate)) return false
  const effect = mean(x) / mean(y)
  const relevant = mean(x) === 0 || mean(y) === 0 || effect >= 1
  return low > tolerance * Math.abs(estimate) && relevant
}

function constant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0])
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** bound is the shift at which the Mann–Whitney statistic of `x − shift` against `y` is `q`. */
export function bound(x: readonly number[], y: readonly number[], q: number): number {
  const low = Math.min(...x) - Math.max(...y)
  const high = Math.max(...x) - Math.min(...y)
  const f = (shift: number) => distance(shift, q, x, y)
  if (q !== 0) {
    if (f(low) <= 0) return low
    if (f(high) >= 0) return high
  }
  return root(f, low, high)
}

function distance(shift: number, q: number, x: readonly number[], y: readonly number[]): number {
  const n = x.length
  const m = y.length
  const all = new Float64Array(n + m)
  for (let i = 0; i < n; i++) all[i] = (x[i] as number) - shift
  for (let i = 0; i < m; i++) all[n + i] = y[i] as number
  const own = all.slice(0, n)
  all.sort()
  own.sort()
  let rankSum = 0
  let ties = 0
  let next = 0
  for (let i = 0; i < all.length; ) {
    let j = i
    while (j < all.length && all[j] === all[i]) j++
    const count = j - i
    ties += count ** 3 - count
    for (; next < n && own[next] === all[i]; next++) rankSum += (i + j + 1) / 2
    i = j
  }
  const dz = rankSum - (n * (n + 1)) / 2 - (n * m) / 2
  const sigma = Math.sqrt(((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1))))
  return sigma > 0 ? (dz - 0.5 * Math.sign(dz)) / sigma - q : Number.NaN
}

/**
 * root is where a falling function crosses 0 in [low, high]: Brent 1973 to an absolute 1e-4, on the half that the
 * middle leaves, as the judge's solver does. On data with many ties the function is a staircase, so that where
 * the solver stops decides.
 */
function root(f: (x: number) => number, low: number, high: number): number {
  const middle = (low + high) / 2
  const [fLow, fMiddle, fHigh] = [f(low), f(middle), f(high)]
  if (fMiddle === 0) return middle
  if (fLow === 0) return low
  if (fLow * fMiddle < 0) return brent(f, low, middle, fLow, fMiddle)
  if (fHigh === 0) return high
  return fMiddle * fHigh < 0 ? brent(f, middle, high, fMiddle, fHigh) : Number.NaN
}

function brent(f: (x: number) => number, low: number, high: number, fLow: number, fHigh: number): number {
  let [a, b, fa, fb] = [low, high, fLow, fHigh]
  let [c, fc, d, e] = [a, fa, b - a, b - a]
  for (let i = 0; i < 1000; i++) {
    if (Math.abs(fc) < Math.abs(fb)) [a, b, c, fa, fb, fc] = [b, c, b, fb, fc, fb]
    const tol = 2e-14 * Math.abs(b) + 1e-4
    const half = 0.5 * (c - b)
    if (Math.abs(half) <= tol || fb === 0) return b
    const step = Math.abs(e) < tol || Math.abs(fa) <= Math.abs(fb) ? null : interpolate()
    e = step === null ? half : d
    d = step ?? half
    a = b
    fa = fb
    b += Math.abs(d) > tol ? d : half > 0 ? tol : -tol
    fb = f(b)
    if (Number.isNaN(fb)) return Number.NaN
    if (fb > 0 === fc > 0) [c, fc, d, e] = [a, fa, b - a, b - a]

    function interpolate(): number | null {
      const s = fb / fa
      const [t, r] = [fa / fc, fb / fc]
      let p = a === c ? 2 * half * s : s * (2 * half * t * (t - r) - (b - a) * (r - 1))
      let q = a === c ? 1 - s : (t - 1) * (r - 1) * (s - 1)
      if (p > 0) q = -q
      else p = -p
      const wild = p >= 1.5 * half * q - Math.abs(tol * q) || p >= Math.abs(0.5 * e * q)
      return wild ? null : p / q
    }
  }
  return b
}
