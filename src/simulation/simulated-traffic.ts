import type { Calibration, CountPoint, CountSeries, Counts } from '../release/evidence/counts.ts'
import type { Random } from './random.ts'
import type { SimulationInput } from './simulation-input.ts'
import { arrivalRate, badShare, countInterval, versionModel } from './traffic.ts'

/** UserImpact is what callers paid over a simulated release. */
interface UserImpact {
  requests: number
  failed: number
  /** Failed requests beyond what stable alone would have failed. */
  excess: number
}

/** SimulatedTraffic is what callers send, second by second, and what a Prometheus counts of it. Times in ms. */
export interface SimulatedTraffic {
  impact: UserImpact
  /** advance lets callers go on until `now`. */
  advance(now: number): void
  /** shift gives the canary a share (0–1) that the proxies take over after the propagation time. */
  shift(now: number, share: number): void
  /** totals gives both versions' requests and bad ones up to the end of a second of the simulation. */
  totals(at: number): Record<'canary' | 'stable', { total: number; bad: number }>
  counts(query: { start: number; until: number; interval: number }): CountSeries
  baseline(): { calibration: Calibration | null; rate: number; unreachedRate: number; jumps: null }
}

const second = 1000

/** Before a release every request reaches a pod, and stable's rate is what it is. */
const nothingOdd = { unreachedRate: 0, jumps: null }

/** Requests of each version up to the end of each second. */
interface Seconds {
  canary: number[]
  canaryBad: number[]
  stable: number[]
  stableBad: number[]
}

/** createSimulatedTraffic begins with all traffic on stable. */
export function createSimulatedTraffic(input: SimulationInput, random: Random): SimulatedTraffic {
  const { traffic, propagation } = input
  const counted: Seconds = { canary: [0], canaryBad: [0], stable: [0], stableBad: [0] }
  const impact: UserImpact = { requests: 0, failed: 0, excess: 0 }
  const shifts: { at: number; share: number }[] = []
  const sides = { canary: versionModel(traffic, 'v2'), stable: versionModel(traffic, 'v1'), share: 0 }
  const into = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
  let elapsed = 0

  function nextSecond(): void {
    sides.share = shifts.findLast((shift) => shift.at <= elapsed)?.share ?? sides.share
    const before = { ...into.canary }
    countInterval(random, traffic, sides, { from: elapsed, until: elapsed + 1 }, into)
    keepSecond(counted, into)
    const own = into.canary.total - before.total
    impact.excess += into.canary.bad - before.bad - own * badShare(traffic, sides.stable, elapsed + 0.5)
    elapsed += 1
  }

  return {
    impact,
    advance(now) {
      while (elapsed < Math.floor(now / second)) nextSecond()
      impact.requests = into.canary.total + into.stable.total
      impact.failed = into.canary.bad + into.stable.bad
    },
    shift(now, share) {
      shifts.push({ at: Math.ceil(now / second) + propagation, share })
    },
    totals: (at) => totalsAt(counted, at),
    counts({ start, until, interval }) {
      const points: CountPoint[] = []
      for (let at = start; at <= until; at += interval) points.push(pointAt(counted, at, start))
      return { points, notes: [] }
    },
    baseline: () => ({
      calibration: calibrationOf(input),
      rate: arrivalRate(traffic.rate, 0),
      ...nothingOdd,
    }),
  }
}

function keepSecond(counted: Seconds, { canary, stable }: Record<'canary' | 'stable', Counts>): void {
  counted.canary.push(canary.total)
  counted.canaryBad.push(canary.bad)
  counted.stable.push(stable.total)
  counted.stableBad.push(stable.bad)
}

function totalsAt(counted: Seconds, at: number): Record<'canary' | 'stable', Counts> {
  const index = Math.max(0, Math.min(counted.canary.length - 1, at))
  const side = (total: number[], bad: number[]) => ({
    total: total[index] as number,
    bad: bad[index] as number,
  })
  return { canary: side(counted.canary, counted.canaryBad), stable: side(counted.stable, counted.stableBad) }
}

function pointAt(counted: Seconds, at: number, start: number): CountPoint {
  const index = Math.min(counted.canary.length - 1, Math.floor(at / second))
  const origin = Math.min(counted.canary.length - 1, Math.floor(start / second))
  const since = (sums: number[]) => (sums[index] as number) - (sums[origin] as number)
  return {
    t: (at - start) / second,
    canary: { total: since(counted.canary), bad: since(counted.canaryBad) },
    stable: { total: since(counted.stable), bad: since(counted.stableBad) },
    unreached: 0,
    abandoned: 0,
  }
}

/** What an hour of stable's pods would have shown, in the mean: independent errors, a row every 15 s. */
function calibrationOf({ traffic, historyHours, pods }: SimulationInput): Calibration | null {
  const n = Math.round(arrivalRate(traffic.rate, 0) * 3600 * historyHours)
  if (n === 0) return null
  const b = Math.round(n * badShare(traffic, versionModel(traffic, 'v1'), 0))
  const rows = historyHours * 240
  const v = (b * (pods - 1)) / pods
  return {
    n,
    b,
    S1: v,
    S2: v,
    S4: (v * v) / rows,
    df: b >= rows ? rows * (pods - 1) : Math.round(b * (pods - 1) * 0.5),
  }
}
