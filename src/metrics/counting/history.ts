import type { PodCounts } from '../../release/evidence/calibration.ts'
import type { Grid } from '../../release/evidence/grid.ts'
import { outcomeWeights, type SeriesClass } from './classes.ts'
import type { CountedTarget } from './counting.ts'
import type { SeriesClasses } from './grid.ts'

/** historyOf gives stable's requests per poll and target; the first grid point is the base of the first poll. */
export function historyOf(
  grid: Grid,
  counted: readonly CountedTarget[],
  classes: SeriesClasses,
  keep: (seriesClass: SeriesClass) => boolean = () => true,
): PodCounts[][] {
  const rows: PodCounts[][] = []
  for (let index = 1; index <= grid.last; index += 1) {
    const row = counted.map(({ added }) => stableCounts(added.get(index) ?? new Map(), classes, keep))
    const live = row.filter(([n]) => n > 0)
    if (live.length > 0) rows.push(live)
  }
  return rows
}

/** stableCounts adds up stable's requests, and the bad ones of them. */
function stableCounts(
  added: ReadonlyMap<string, number>,
  classes: SeriesClasses,
  keep: (seriesClass: SeriesClass) => boolean,
): [requests: number, bad: number] {
  let n = 0
  let b = 0
  for (const [key, value] of added) {
    const seriesClass = classes.get(key)
    if (seriesClass?.side !== 'stable' || !keep(seriesClass)) continue
    const { all, bad } = outcomeWeights[seriesClass.outcome]
    n += all * value
    b += bad * value
  }
  return [n, b]
}

/** RequestRate is how much went to the host over the last minutes before a time. */
interface RequestRate {
  /** Requests per second, all versions; null where nothing was seen. */
  all: number | null
  /** Requests per second that reached no pod. */
  unreached: number
}

/** requestRate is the requests per second over the whole of a grid. */
export function requestRate(
  grid: Grid,
  counted: readonly CountedTarget[],
  classes: SeriesClasses,
): RequestRate {
  const seconds = (grid.last * grid.interval) / 1000
  let all = 0
  let unreached = 0
  for (const [key, value] of counted.flatMap(({ added }) => [...added.values()].flatMap((one) => [...one]))) {
    if (classes.get(key)?.outcome === 'unreached') unreached += value
    else all += value
  }
  const seen = counted.length > 0 && seconds > 0
  return { all: seen ? all / seconds : null, unreached: seen ? unreached / seconds : 0 }
}
