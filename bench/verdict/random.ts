/** Random is a source of uniform numbers in [0, 1), the same for the same seed. */
export type Random = () => number

// Looking up a global is slow in a test runner's sandbox, and these run millions of times.
const { abs, exp, floor, imul, log, log1p, sqrt } = Math

/** seeded is sfc32 (Doty-Humphrey's small fast counter) started from a number and a name. */
export function seeded(seed: number, name = ''): Random {
  let a = seed | 0
  let b = 0x9e3779b9
  let c = 0x243f6a88
  let counter = 1
  for (let i = 0; i < name.length; i++) b = imul(b ^ name.charCodeAt(i), 0x01000193)
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4294967296
  }
  for (let i = 0; i < 15; i++) next()
  return next
}

/** normal is standard normal, by Marsaglia's polar method. */
export function normal(random: Random): number {
  for (;;) {
    const u = 2 * random() - 1
    const v = 2 * random() - 1
    const s = u * u + v * v
    if (s > 0 && s < 1) return u * sqrt((-2 * log(s)) / s)
  }
}

/** gamma has the given shape and scale 1: Marsaglia, Tsang 2000. */
export function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / sqrt(9 * d)
  for (;;) {
    const x = normal(random)
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    if (log(1 - random()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v
  }
}

/** poisson counts events: products of uniforms for small means, Hörmann's PTRS (1993) for large ones. */
export function poisson(random: Random, mean: number): number {
  if (mean <= 0) return 0
  if (mean < 10) {
    const bound = exp(-mean)
    let count = 0
    for (let product = random(); product > bound; product *= random()) count++
    return count
  }
  const root = sqrt(mean)
  const b = 0.931 + 2.53 * root
  const a = -0.059 + 0.02483 * b
  const inverse = 1.1239 + 1.1328 / (b - 3.4)
  const vr = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = random() - 0.5
    const v = 1 - random()
    const us = 0.5 - abs(u)
    const k = floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= vr) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (log(v) + log(inverse) - log(a / (us * us) + b) <= k * log(mean) - mean - logFactorial(k)) {
      return k
    }
  }
}

/** binomial counts successes: inversion for few expected ones, Hörmann's BTRS (1993) for many. */
export function binomial(random: Random, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0
  if (p >= 1) return n
  if (p > 0.5) return n - binomial(random, n, 1 - p)
  return n * p < 10 ? binomialByInversion(random, n, p) : binomialByRejection(random, n, p)
}

function binomialByInversion(random: Random, n: number, p: number): number {
  const odds = p / (1 - p)
  let left = random()
  let mass = exp(n * log1p(-p))
  let k = 0
  while (left > mass && k < n) {
    left -= mass
    k++
    mass *= ((n - k + 1) / k) * odds
  }
  return k
}

function binomialByRejection(random: Random, n: number, p: number): number {
  const spread = sqrt(n * p * (1 - p))
  const b = 1.15 + 2.53 * spread
  const a = -0.0873 + 0.0248 * b + 0.01 * p
  const c = n * p + 0.5
  const vr = 0.92 - 4.2 / b
  const alpha = (2.83 + 5.1 / b) * spread
  const logOdds = log(p / (1 - p))
  const mode = floor((n + 1) * p)
  const top = logFactorial(mode) + logFactorial(n - mode)
  for (;;) {
    const u = random() - 0.5
    const v = 1 - random()
    const us = 0.5 - abs(u)
    const k = floor(((2 * a) / us + b) * u + c)
    if (k < 0 || k > n) continue
    if (us >= 0.07 && v <= vr) return k
    const bound = top - logFactorial(k) - logFactorial(n - k) + (k - mode) * logOdds
    if (log((v * alpha) / (a / (us * us) + b)) <= bound) return k
  }
}

const small = new Float64Array(128)
for (let k = 2; k < small.length; k++) small[k] = (small[k - 1] as number) + log(k)

function logFactorial(k: number): number {
  if (k < small.length) return small[k] as number
  const x = k + 1
  return (x - 0.5) * log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x * x * x)
}
