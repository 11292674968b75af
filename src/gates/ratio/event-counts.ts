import type { Calibration, CountPoint, CountSeries, Counts } from '../../release/evidence/counts.ts'
import { type Grid, timeAt } from '../../release/evidence/grid.ts'
import type { QueryResult, ResultSeries } from '../../release/evidence/query-source.ts'
import { Failure } from '../../release/failure.ts'
import type { SideName } from '../../release/gates.ts'
import { lookback } from '../../release/promql.ts'

/** EventSeries is what a ratio's two counters showed on a grid, for both sides, and when Prometheus scraped. */
interface EventSeries {
  canary: { bad: QueryResult; total: QueryResult }
  stable: { bad: QueryResult; total: QueryResult }
  heartbeat: QueryResult
}

/**
 * countEvents makes cumulative counts from two counters of the user's, series by series, as requests are counted: a
 * series that shows up later counts from zero if Prometheus scraped at the point before; a fall below half is a
 * restart; any other fall waits until the counter has caught up, or five minutes have passed. A point is null where
 * nothing was scraped at all, or where more events are bad than there are. Throws Failure `bad-answer` for what can't
 * be a counter.
 */
export function countEvents(grid: Grid, answers: EventSeries): CountSeries {
  const alive = aliveAt(grid, answers.heartbeat)
  const arm = (side: SideName) => {
    const bad = cumulative(grid, answers[side].bad, alive)
    const total = cumulative(grid, answers[side].total, alive)
    return total.map((n, index) => sane({ total: n, bad: bad[index] ?? 0 }))
  }
  const [canary, stable] = [arm('canary'), arm('stable')]
  const points = canary.map((counts, index): CountPoint => {
    const known = alive.has(index)
    return {
      t: (index * grid.interval) / 1000,
      canary: known ? counts : null,
      stable: known ? (stable[index] ?? null) : null,
      unreached: null,
      abandoned: 0,
    }
  })
  return { points, notes: [] }
}

/** eventCalibration is what stable's counters added over a grid. Without pods told apart it knows no dispersion. */
export function eventCalibration(series: CountSeries): Calibration | null {
  const last = series.points.findLast(({ stable }) => stable !== null)?.stable
  return last && last.total > 0 ? { n: last.total, b: last.bad, S1: 0, S2: 0, S4: 0, df: 0 } : null
}

function sane(counts: Counts): Counts | null {
  return counts.bad <= counts.total ? counts : null
}

function aliveAt(grid: Grid, heartbeat: QueryResult): Set<number> {
  const times = heartbeat.series.flatMap(({ samples }) => samples.map(([time]) => indexOf(grid, time)))
  return new Set(times)
}

const indexOf = (grid: Grid, time: number) => Math.round((time - grid.start) / grid.interval)

function cumulative(grid: Grid, answer: QueryResult, alive: ReadonlySet<number>): number[] {
  const added = new Float64Array(Math.max(0, grid.last + 1))
  for (const series of answer.series) addSteps(grid, series, alive, added)
  let sum = 0
  return Array.from(added, (step) => {
    sum += step
    return Math.round(sum)
  })
}

function addSteps(grid: Grid, series: ResultSeries, alive: ReadonlySet<number>, added: Float64Array): void {
  let counted: Counted | null = null
  for (const [time, value] of series.samples) {
    const index = indexOf(grid, time)
    if (index < 0 || index > grid.last) continue
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw noCounter(value)
    if (counted === null) {
      // a series that shows up while Prometheus scraped counts from zero; at the start it is only the base
      if (index > 0 && alive.has(index - 1)) added[index] = (added[index] ?? 0) + value
      counted = { value, lowSince: null }
    } else {
      const step = nextCounted(counted, value, timeAt(grid, index))
      added[index] = (added[index] ?? 0) + step.increase
      counted = step.counted
    }
  }
}

/** Counted is the height of a counter up to which events were counted, and since when (ms) it shows less. */
interface Counted {
  value: number
  lowSince: number | null
}

function nextCounted(before: Counted, value: number, at: number): { increase: number; counted: Counted } {
  if (value < before.value / 2) return { increase: value, counted: { value, lowSince: null } }
  if (value >= before.value) return { increase: value - before.value, counted: { value, lowSince: null } }
  const lowSince = before.lowSince ?? at
  const patient = at - lowSince <= lookback
  return { increase: 0, counted: patient ? { value: before.value, lowSince } : { value, lowSince: null } }
}

function noCounter(value: number): Failure {
  return new Failure(
    'bad-answer',
    `its counter shows ${value}, which is no count of events: give counters as they are, without rate() or increase()`,
  )
}
