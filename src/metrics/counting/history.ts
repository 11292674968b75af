import type { Calibration } from '../../release/counts.ts'
import type { SeriesClass } from './classes.ts'
import type { CountedTarget } from './counting.ts'
import type { Grid, SeriesClasses } from './grid.ts'

/** PodIncreases is one poll of the history: requests and bad requests of each pod between two grid points. */
export type PodIncreases = readonly (readonly [n: number, b: number])[]

/**
 * sumHistory sums what stable's pods showed before the release, as the dispersion estimate needs it: with
 * `w = n/N` and the hypergeometric variance `v = B·w(1−w)·(N−B)/(N−1)` of each pod's share of the poll's `B` bad
 * requests, `S1 = Σ(b − B·w)²`, `S2 = Σv`, `S4 = Σv²`; `df` grows by pods − 1 where `B ≥ 2`. Polls with fewer than
 * two live pods, without a bad request or without a good one tell nothing about dispersion; `n, b` sum them all.
 */
export function sumHistory(history: readonly PodIncreases[]): Calibration {
  const sums = { n: 0, b: 0, S1: 0, S2: 0, S4: 0, df: 0 }
  for (const row of history) {
    const live = row.filter(([n]) => n > 0)
    const total = live.reduce((sum, [n]) => sum + n, 0)
    const bad = live.reduce((sum, [, b]) => sum + b, 0)
    sums.n += total
    sums.b += bad
    if (live.length < 2 || bad === 0 || bad >= total) continue
    for (const [n, b] of live) {
      const share = n / total
      const variance = (bad * share * (1 - share) * (total - bad)) / (total - 1)
      sums.S1 += (b - bad * share) ** 2
      sums.S2 += variance
      sums.S4 += variance ** 2
    }
    if (bad >= 2) sums.df += live.length - 1
  }
  return sums
}

/** historyOf gives stable's requests per poll and target; the first grid point is the base of the first poll. */
export function historyOf(
  grid: Grid,
  walked: readonly CountedTarget[],
  classes: SeriesClasses,
  keep: (seriesClass: SeriesClass) => boolean = () => true,
): PodIncreases[] {
  const rows: PodIncreases[] = []
  for (let index = 1; index <= grid.last; index += 1) {
    const row = walked.map(({ added }): [number, number] => {
      let n = 0
      let b = 0
      for (const [key, value] of added.get(index) ?? []) {
        const seriesClass = classes.get(key)
        if (seriesClass?.side !== 'stable' || seriesClass.outcome === 'abandoned' || !keep(seriesClass))
          continue
        // of a histogram, the slow ones are all but the quick ones
        if (seriesClass.outcome !== 'quick') n += value
        if (seriesClass.outcome === 'bad' || seriesClass.outcome === 'any') b += value
        if (seriesClass.outcome === 'quick') b -= value
      }
      return [n, b]
    })
    const live = row.filter(([n]) => n > 0)
    if (live.length > 0) rows.push(live)
  }
  return rows
}

/** RequestRate is how much went to the host over the last minutes before a time. */
export interface RequestRate {
  /** Requests per second, all versions; null where nothing was seen. */
  all: number | null
  /** Requests per second that reached nobody. */
  unreached: number
}

/** requestRate measures a walk over the last minutes: requests per second over the whole of its grid. */
export function requestRate(
  grid: Grid,
  walked: readonly CountedTarget[],
  classes: SeriesClasses,
): RequestRate {
  const seconds = (grid.last * grid.interval) / 1000
  let all = 0
  let unreached = 0
  for (const [key, value] of walked.flatMap(({ added }) => [...added.values()].flatMap((one) => [...one]))) {
    if (classes.get(key)?.outcome === 'unreached') unreached += value
    else all += value
  }
  const seen = walked.length > 0 && seconds > 0
  return { all: seen ? all / seconds : null, unreached: seen ? unreached / seconds : 0 }
}
