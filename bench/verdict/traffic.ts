import { calibrate, type PodCounts } from '../../src/release/evidence/calibration.ts'
import type { Calibration, Poll } from '../../src/release/evidence/counts.ts'
import { binomial, gamma, poisson, type Random } from './random.ts'

/** How errors hang together. */
export type ErrorProcess =
  | { kind: 'independent' }
  /** Clusters start by chance, have geometric sizes of that mean, each inside one side and one poll. */
  | { kind: 'clusters'; mean: number }
  /** All sides' rates times one Gamma of mean 1 with this coefficient of variation, new each poll. */
  | { kind: 'shared'; cv: number }
  /** The same with a Gamma of its own for every side, or pod. */
  | { kind: 'own'; cv: number }
  /** A Gamma of its own for every side, whose pods are scraped each at its moment: a poll shows a part of the next Gamma. */
  | { kind: 'side'; cv: number }
  /** The same with a Gamma of its own for every one of ten pods: a side is what its pods are together. */
  | { kind: 'pods'; cv: number }

/** Traffic is one simulated service with its release. Rates of bad requests are functions of time in seconds. */
export interface Traffic {
  /** Requests per second, both sides together. */
  rps: number
  stable: (t: number) => number
  canary: (t: number) => number
  errors: ErrorProcess
  /** Chance that a poll shows the canary's counts of the poll before. */
  late: number
  /** Chance that a poll fails altogether. */
  lost: number
  /** No poll brings counts from `from` on until `until` (seconds): Prometheus is away. null: never. */
  outage: { from: number; until: number } | null
  pollSeconds: number
}

/** traffic fills in what is usual: independent errors, polls of 15 s, none late or lost. */
export function traffic(
  rps: number,
  stable: number,
  canary: number | ((t: number) => number),
  more: Partial<Omit<Traffic, 'rps' | 'canary'>> = {},
): Traffic {
  return {
    rps,
    stable: () => stable,
    canary: typeof canary === 'number' ? () => canary : canary,
    errors: { kind: 'independent' },
    late: 0,
    lost: 0,
    outage: null,
    pollSeconds: 15,
    ...more,
  }
}

/** PollSource hands out polls one after another; the caller says which share the canary has meanwhile. */
interface PollSource {
  /** next moves on by one poll interval at `share` (0–1) and returns the poll as Prometheus would show it. */
  next(step: number, share: number): Poll
  /** True counts so far, that no poll shows: what users suffered. */
  readonly truth: { canaryTotal: number; canaryBad: number }
}

/** source starts a release at t = 0; its first poll (before any `next`) is `zero`. */
export function source(random: Random, traffic: Traffic): PollSource {
  const canary = { total: 0, bad: 0 }
  const stable = { total: 0, bad: 0 }
  const truth = { canaryTotal: 0, canaryBad: 0 }
  const jumps = { canary: sideJumps(random, traffic.errors, 1), stable: sideJumps(random, traffic.errors, 9) }
  let shown = { total: 0, bad: 0 }
  let t = 0
  const next = (step: number, share: number): Poll => {
    const from = t
    t += traffic.pollSeconds
    const both = common(random, traffic.errors)
    const expected = traffic.rps * traffic.pollSeconds
    const nc = poisson(random, expected * share)
    const ns = poisson(random, expected * (1 - share))
    canary.total += nc
    const canaryFactor = both * meanOf(jumps.canary())
    canary.bad += badOf(random, sideOf(traffic.errors, share), nc, traffic.canary(from), canaryFactor)
    stable.total += ns
    const stableFactor = both * meanOf(jumps.stable())
    stable.bad += badOf(random, sideOf(traffic.errors, 1 - share), ns, traffic.stable(from), stableFactor)
    truth.canaryTotal = canary.total
    truth.canaryBad = canary.bad
    if (!(traffic.late > 0 && random() < traffic.late)) shown = { ...canary }
    const away = traffic.outage !== null && t > traffic.outage.from && t <= traffic.outage.until
    const lost = away || (traffic.lost > 0 && random() < traffic.lost)
    const poll: Poll = { t, step, canary: lost ? null : shown, stable: lost ? null : { ...stable } }
    if (share >= 1) poll.control = false
    return poll
  }
  return { next, truth }
}

/** zero is the poll at the start of a release. */
export const zero: Poll = { t: 0, step: 0, canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }

/** hourOfHistory is the calibration that stable's pods give in an hour before the release. */
export function hourOfHistory(random: Random, traffic: Traffic): Calibration {
  return calibrate(historyRows(random, traffic))
}

/** historyRows is what stable's pods counted in an hour before the release, a row a poll. */
export function historyRows(random: Random, traffic: Traffic, pods = podCount): PodCounts[][] {
  const rows: PodCounts[][] = []
  const rate = traffic.stable(0)
  const jumps = sideJumps(random, traffic.errors, pods)
  for (let t = 0; t < 3600; t += traffic.pollSeconds) {
    const both = common(random, traffic.errors)
    const factors = jumps()
    const row: PodCounts[] = []
    for (let pod = 0; pod < pods; pod++) {
      const n = poisson(random, (traffic.rps * traffic.pollSeconds) / pods)
      row.push([n, badOf(random, traffic.errors, n, rate, both * (factors[pod] ?? 1))])
    }
    rows.push(row)
  }
  return rows
}

/** All pods of a service, each with the same part of its traffic. */
const podCount = 10

/** sideOf is how the errors of a side hang together that has a share of the pods: of k Gammas the mean is one, of cv/√k. */
function sideOf(errors: ErrorProcess, share: number): ErrorProcess {
  if (errors.kind !== 'pods') return errors
  return { kind: 'pods', cv: errors.cv / Math.sqrt(Math.max(1, share * podCount)) }
}

/** sideJumps gives what multiplies the rate of each pod of a side in the next poll; nothing where a side has none of its own. */
function sideJumps(random: Random, errors: ErrorProcess, pods: number): () => number[] {
  if (errors.kind !== 'side') return () => []
  const { cv } = errors
  const moments = Array.from({ length: pods }, () => random())
  let now = wobble(random, cv)
  return () => {
    const before = now
    now = wobble(random, cv)
    return moments.map((moment) => (1 - moment) * before + moment * now)
  }
}

function meanOf(factors: readonly number[]): number {
  return factors.length === 0 ? 1 : factors.reduce((sum, factor) => sum + factor, 0) / factors.length
}

/** common is what multiplies all sides' rates in one poll. */
function common(random: Random, errors: ErrorProcess): number {
  return errors.kind === 'shared' ? wobble(random, errors.cv) : 1
}

function wobble(random: Random, cv: number): number {
  const shape = 1 / (cv * cv)
  return gamma(random, shape) / shape
}

function badOf(random: Random, errors: ErrorProcess, n: number, rate: number, both: number): number {
  switch (errors.kind) {
    case 'independent':
      return binomial(random, n, rate)
    case 'shared':
    case 'side':
      return binomial(random, n, Math.min(1, rate * both))
    case 'own':
    case 'pods':
      return binomial(random, n, Math.min(1, rate * wobble(random, errors.cv)))
    case 'clusters': {
      const clusters = poisson(random, (n * rate) / errors.mean)
      if (clusters === 0) return 0
      // A sum of geometric sizes: each at least one, the rest a Poisson of a Gamma.
      const rest = poisson(random, gamma(random, clusters) * (errors.mean - 1))
      return Math.min(n, clusters + rest)
    }
  }
}
