import type { Random } from './random.ts'

const tableSize = 256
const logFactorials = new Float64Array(tableSize)
for (let n = 2; n < tableSize; n += 1) logFactorials[n] = (logFactorials[n - 1] as number) + Math.log(n)

/** logFactorial gives ln(n!); beyond the table by Stirling's series, whose error there is below 1e-16. */
export function logFactorial(n: number): number {
  if (n < tableSize) return logFactorials[n] as number
  const inverse = 1 / n
  const square = inverse * inverse
  const tail = inverse * (1 / 12 - square * (1 / 360 - square / 1260))
  return (n + 0.5) * Math.log(n) - n + 0.9189385332046727 + tail
}

/**
 * poisson draws from the Poisson distribution, exactly: by inversion below a mean of 10, else by transformed
 * rejection (W. Hörmann 1993, PTRS), whose cost does not grow with the mean.
 */
export function poisson(random: Random, mean: number): number {
  if (!(mean > 0)) return 0
  if (mean < 10) return poissonByInversion(random, mean)
  const root = Math.sqrt(mean)
  const logMean = Math.log(mean)
  const b = 0.931 + 2.53 * root
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const quick = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random.next() - 0.5
    const v = random.next()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= quick) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    const left = Math.log(v * inverseAlpha) - Math.log(a / (us * us) + b)
    if (left <= k * logMean - mean - logFactorial(k)) return k
  }
}

function poissonByInversion(random: Random, mean: number): number {
  let term = Math.exp(-mean)
  let u = random.next()
  let k = 0
  while (u >= term) {
    u -= term
    k += 1
    term *= mean / k
    // Rounding can leave a crumb of u that no term covers.
    if (term === 0) return k
  }
  return k
}

/**
 * binomial draws how many of `n` happen with chance `p` each, exactly: by inversion where n·p < 10, else by
 * transformed rejection (W. Hörmann 1993, BTRS).
 */
export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || !(p > 0)) return 0
  if (p >= 1) return n
  if (p > 0.5) return n - binomial(random, n, 1 - p)
  return n * p < 10 ? binomialByInversion(random, n, p) : binomialByRejection(random, n, p)
}

function binomialByInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p)
  let term = Math.exp(n * Math.log1p(-p))
  let u = random.next()
  let k = 0
  while (u >= term && k < n) {
    u -= term
    k += 1
    term *= (odds * (n - k + 1)) / k
    if (term === 0) return k
  }
  return k
}

function binomialByRejection(random: Random, n: number, p: number): number {
  const deviation = Math.sqrt(n * p * (1 - p))
  const b = 1.15 + 2.53 * deviation
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const center = n * p + 0.5
  const quick = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * deviation
  const logOdds = Math.log(p / (1 - p))
  const mode = Math.floor((n + 1) * p)
  const peak = logFactorial(mode) + logFactorial(n - mode)
  for (;;) {
    const u = random.next() - 0.5
    const v = random.next()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + center)
    if (k < 0 || k > n) continue
    if (us >= 0.07 && v <= quick) return k
    const left = Math.log((v * alpha) / (a / (us * us) + b))
    if (left <= peak - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds) return k
  }
}

/**
 * split shares `n` among weights, each of the n on its own: a multinomial draw. It writes into `into`, which it
 * returns, so that a caller in a loop allocates nothing. All weights zero: nothing is shared out.
 */
export function split<T extends { [index: number]: number }>(
  random: Random,
  n: number,
  weights: ArrayLike<number>,
  into: T,
): T {
  let rest = 0
  for (let index = 0; index < weights.length; index += 1) rest += weights[index] as number
  let left = rest > 0 ? n : 0
  let last = weights.length - 1
  while (last > 0 && !((weights[last] as number) > 0)) last -= 1
  for (let index = 0; index < weights.length; index += 1) {
    const weight = weights[index] as number
    const part = left === 0 ? 0 : index === last ? left : binomial(random, left, weight / rest)
    into[index as number] = part
    left -= part
    rest -= weight
  }
  return into
}
