import { annotationNotes } from '../../release/evidence/annotations.ts'
import {
  advanceHeight,
  type CountedHeight,
  countedHeightAt,
  maxRiseOf,
} from '../../release/evidence/counted-height.ts'
import type { Calibration, CountPoint, CountSeries, Counts } from '../../release/evidence/counts.ts'
import { type Grid, timeAt } from '../../release/evidence/grid.ts'
import type { QueryResult, ResultSeries } from '../../release/evidence/query-source.ts'
import { Failure } from '../../release/failure.ts'
import type { SideName } from '../../release/gates.ts'

/** EventSeries is what a ratio's two counters showed on a grid, for both sides, and when Prometheus scraped. */
interface EventSeries {
  canary: { bad: QueryResult; total: QueryResult }
  stable: { bad: QueryResult; total: QueryResult }
  heartbeat: QueryResult
}

/**
 * countEvents makes cumulative counts from two counters of the user's, series by series, as requests are counted: a
 * series that shows up later counts from zero if Prometheus scraped at the point before; a fall below half is a
 * restart; all else is `advanceHeight`: a rise that falls back never happened, and one far beyond all others waits. A
 * point is null where nothing was scraped at all, or where more events are bad than there are. Throws Failure
 * `bad-answer` for what can't be a counter.
 */
export function countEvents(grid: Grid, answers: EventSeries): CountSeries {
  const alive = aliveAt(grid, answers.heartbeat)
  const countsOf = (side: SideName) => {
    const bad = cumulative(grid, answers[side].bad, alive)
    const total = cumulative(grid, answers[side].total, alive)
    return total.map((n, index) => sane({ total: n, bad: bad[index] ?? 0 }))
  }
  const [canary, stable] = [countsOf('canary'), countsOf('stable')]
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
  const { canary: own, stable: others, heartbeat } = answers
  const notes = annotationNotes([own.bad, own.total, others.bad, others.total, heartbeat])
  return { points, notes }
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
  const around = { grid, alive, rate: usualRate(answer.series) }
  for (const series of answer.series) addSteps(series, around, added)
  let sum = 0
  return Array.from(added, (step) => {
    sum += step
    return Math.round(sum)
  })
}

/** usualRate is what nine of ten rises of one series don't exceed, per second, for all series together. */
function usualRate(series: readonly ResultSeries[]): number {
  const rates = series.flatMap(({ samples }) =>
    samples.slice(1).flatMap(([time, value], index) => {
      const [before, height] = samples[index] as (typeof samples)[number]
      return value > height ? [((value - height) * 1000) / (time - before)] : []
    }),
  )
  rates.sort((a, b) => a - b)
  const place = rates.length < 10 ? (rates.length - 1) / 2 : rates.length * 0.9
  return (rates[Math.floor(place)] ?? 0) * series.length
}

function addSteps(
  series: ResultSeries,
  { grid, alive, rate }: { grid: Grid; alive: ReadonlySet<number>; rate: number },
  added: Float64Array,
): void {
  let counted: CountedHeight | null = null
  let before = grid.start
  const add = (index: number, amount: number) => {
    added[index] = (added[index] ?? 0) + amount
  }
  for (const { index, value } of samplesOnGrid(series, grid)) {
    const at = timeAt(grid, index)
    // a series that shows up while Prometheus scraped counts from zero; at the start it is only the base
    counted ??= countedHeightAt(index > 0 && alive.has(index - 1) ? 0 : value)
    if (value < counted.value / 2) counted = countedHeightAt(0)
    const seen = { at, maxRise: maxRiseOf(rate, at - before) }
    const { added: amount, retracted } = advanceHeight(counted, value, seen)
    add(index, amount)
    for (const one of retracted) add(indexOf(grid, one.at), -one.amount)
    before = at
  }
}

function samplesOnGrid({ samples }: ResultSeries, grid: Grid): { index: number; value: number }[] {
  const found = samples
    .map(([time, value]) => ({ index: indexOf(grid, time), value }))
    .filter(({ index }) => index >= 0 && index <= grid.last)
  const odd = found.find(({ value }) => !(value >= 0 && value < Number.POSITIVE_INFINITY))
  if (odd !== undefined) throw noCounter(odd.value)
  return found
}

function noCounter(value: number): Failure {
  return new Failure(
    'bad-answer',
    `its counter shows ${value}, which is no count of events: give counters as they are, without rate() or increase()`,
  )
}
