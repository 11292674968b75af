import type { CountNote, CountPoint, CountSeries } from '../../release/counts.ts'
import { type Grid, timeAt } from '../../release/grid.ts'
import type { QueryResult } from '../../release/query-source.ts'
import type { RouteCounts } from '../request-counter.ts'
import type { ClassScheme, SeriesClass } from './classes.ts'
import { type ProxyTarget, type RequestSeries, type SeriesClasses, targetsOf } from './grid.ts'
import { countTarget, type FollowUp, type FollowUpAnswers, type TargetIncreases } from './target-series.ts'

/** CountingInput is all that the counting of a release reads. */
export interface CountingInput extends RequestSeries {
  grid: Grid
  scheme: ClassScheme
  /** One series that is there whenever Prometheus scraped anything. */
  heartbeat: QueryResult
  podBirths: Readonly<Record<string, number>>
  followUpAnswers: FollowUpAnswers
}

/** Count is the series, and the follow-up queries to make before it is final: count again with their answers. */
interface Count {
  series: CountSeries
  followUps: FollowUp[]
}

/** noFollowUpAnswers is the beginning: no follow-up query made yet. */
export function noFollowUpAnswers(): FollowUpAnswers {
  return { scraped: new Map(), samples: new Map() }
}

/** CountedTarget is a target with what it adds at each grid point. */
export interface CountedTarget extends TargetIncreases {
  target: ProxyTarget
}

/** countTargets counts every scrape target of the answers. */
export function countTargets(answers: CountingInput): { walked: CountedTarget[]; classes: SeriesClasses } {
  const classes: SeriesClasses = new Map()
  const { grid, scheme, followUpAnswers, podBirths } = answers
  const targets = targetsOf(grid, answers, scheme, classes)
  const around = { grid, scheme, classes, followUpAnswers, podBirths }
  return { walked: targets.map((target) => ({ target, ...countTarget(target, around) })), classes }
}

/** seenAt lists the grid points at which an answer shows anything. */
function seenAt(grid: Grid, series: QueryResult['series']): Set<number> {
  const indices = series.flatMap(({ samples }) =>
    samples.map(([time]) => Math.round((time - grid.start) / grid.interval)),
  )
  return new Set(indices)
}

interface Sums {
  canary: { total: number; bad: number }
  stable: { total: number; bad: number }
  unreached: number
  abandoned: number
}

function addOne(sums: Sums, { side: arm, outcome }: SeriesClass, value: number): void {
  if (outcome === 'unreached') sums.unreached += value
  else if (outcome === 'abandoned') sums.abandoned += value
  else if (arm !== 'other') {
    // of a histogram, the slow ones are all but the quick ones
    if (outcome !== 'quick') sums[arm].total += value
    if (outcome === 'bad' || outcome === 'any') sums[arm].bad += value
    if (outcome === 'quick') sums[arm].bad -= value
  }
}

/** blindAt lists the grid points at which Prometheus had nothing: nothing more, or nothing scraped at all. */
function blindAt(answers: CountingInput): Set<number> {
  const { grid } = answers
  const all = [answers.requests, ...answers.unreached].flatMap((answer) => answer.series)
  const shown = seenAt(grid, all)
  const alive = seenAt(grid, answers.heartbeat.series)
  const blind = new Set<number>()
  let everShown = false
  for (let index = 0; index <= grid.last; index += 1) {
    everShown ||= shown.has(index)
    if (!shown.has(index) && (everShown || !alive.has(index))) blind.add(index)
  }
  return blind
}

function pointsOf(
  grid: Grid,
  walked: readonly CountedTarget[],
  classes: SeriesClasses,
  blind: ReadonlySet<number>,
  keep: (seriesClass: SeriesClass) => boolean,
): CountPoint[] {
  const none = () => ({ total: 0, bad: 0 })
  const sums: Sums = { canary: none(), stable: none(), unreached: 0, abandoned: 0 }
  const points: CountPoint[] = []
  for (let index = 0; index <= grid.last; index += 1) {
    for (const { added } of walked) {
      for (const [key, value] of added.get(index) ?? []) {
        const seriesClass = classes.get(key)
        if (seriesClass !== undefined && keep(seriesClass)) addOne(sums, seriesClass, value)
      }
    }
    const known = !blind.has(index)
    points.push({
      t: (index * grid.interval) / 1000,
      canary: known ? { ...sums.canary } : null,
      stable: known ? { ...sums.stable } : null,
      unreached: known ? sums.unreached : null,
      abandoned: sums.abandoned,
    })
  }
  return points
}

function notesOf(grid: Grid, walked: readonly CountedTarget[], blind: ReadonlySet<number>): CountNote[] {
  const gaps = [...blind]
    .filter((index) => !blind.has(index - 1))
    .map((index): CountNote => {
      const t = (index * grid.interval) / 1000
      return { t, kind: 'gap', instance: '*', text: noDataText(grid, index) }
    })
  return [...walked.flatMap((one) => one.notes), ...gaps].sort((a, b) => a.t - b.t)
}

/**
 * countRequests makes the cumulative counts of a release from what Prometheus showed on its grid. All of it is
 * whole numbers: what each target added from point to point, summed. A point is null for both sides where
 * Prometheus had nothing at all: no series of the host although there were some before, or nothing scraped.
 */
export function countRequests(answers: CountingInput): Count {
  const { grid } = answers
  const { walked, classes } = countTargets(answers)
  const blind = blindAt(answers)
  const points = pointsOf(grid, walked, classes, blind, () => true)
  const notes = notesOf(grid, walked, blind)
  return { series: { points, notes }, followUps: walked.flatMap((one) => one.followUps) }
}

/**
 * countRoutes makes the same counts route by route, for the `most` routes that both versions together got most
 * requests on; ties by name. Routes without a name are left out: they are no place that a person could look at.
 */
export function countRoutes(answers: CountingInput, most: number): RouteCounts[] {
  const { grid } = answers
  const { walked, classes } = countTargets(answers)
  const blind = blindAt(answers)
  const notes = notesOf(grid, walked, blind)
  const names = new Set([...classes.values()].map(({ route }) => route).filter((route) => route !== ''))
  return [...names]
    .map((route) => {
      const points = pointsOf(grid, walked, classes, blind, (seriesClass) => seriesClass.route === route)
      const last = points.findLast(({ canary }) => canary !== null)
      const size = (last?.canary?.total ?? 0) + (last?.stable?.total ?? 0)
      return { route, size, series: { points, notes } }
    })
    .sort((a, b) => b.size - a.size || (a.route < b.route ? -1 : 1))
    .slice(0, most)
    .map(({ route, series }) => ({ route, series }))
}

function noDataText(grid: Grid, index: number): string {
  return `Prometheus had nothing to show at ${new Date(timeAt(grid, index)).toISOString()}`
}
