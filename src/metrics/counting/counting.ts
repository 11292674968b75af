import { annotationNotes } from '../../release/evidence/annotations.ts'
import type { CountNote, CountPoint, CountSeries } from '../../release/evidence/counts.ts'
import { type Grid, timeAt } from '../../release/evidence/grid.ts'
import type { QueryResult } from '../../release/evidence/query-source.ts'
import type { RouteCounts } from '../request-counter.ts'
import { answersAt } from './answers.ts'
import { type ClassScheme, outcomeWeights, type SeriesClass } from './classes.ts'
import { type ProxyTarget, type RequestSeries, type SeriesClasses, targetsOf } from './grid.ts'
import { countTarget, type FollowUp, type FollowUpAnswers, type TargetIncreases } from './target-series.ts'

/** CountingInput is all that the counting of a release reads. */
export interface CountingInput extends RequestSeries {
  grid: Grid
  scheme: ClassScheme
  /** One series that is there whenever Prometheus scraped anything. */
  heartbeat: QueryResult
  podBirths: Readonly<Record<string, number>>
  /** Requests per second to the host before the release; null: not known. */
  expectedRate: number | null
  followUpAnswers: FollowUpAnswers
}

/** Count is the series, and the follow-up queries to make before it is final: count again with their answers. */
interface Count {
  series: CountSeries
  followUps: FollowUp[]
}

/** noFollowUpAnswers is the start: no follow-up query made yet. */
export function noFollowUpAnswers(): FollowUpAnswers {
  return { scraped: new Map(), samples: new Map() }
}

/** CountedTarget is a target with what it adds at each grid point. */
export interface CountedTarget extends TargetIncreases {
  target: ProxyTarget
}

/** countTargets counts every scrape target of the answers. */
export function countTargets(answers: CountingInput): { counted: CountedTarget[]; classes: SeriesClasses } {
  const classes: SeriesClasses = new Map()
  const { grid, scheme, followUpAnswers, podBirths } = answers
  const targets = targetsOf(grid, answers, scheme, classes)
  const rate = answers.expectedRate ?? usualRate(targets)
  const around = { grid, scheme, classes, followUpAnswers, podBirths, rate }
  return { counted: targets.map((target) => ({ target, ...countTarget(target, around) })), classes }
}

/**
 * usualRate estimates the requests per second to the host from what its targets showed: nine of ten rises of a target
 * are no larger than this rate per target, so that a few wrong samples don't raise it.
 */
function usualRate(targets: readonly ProxyTarget[]): number {
  const rates = targets.flatMap(({ observations }) => risesOf(observations))
  rates.sort((a, b) => a - b)
  const place = rates.length < 10 ? (rates.length - 1) / 2 : rates.length * 0.9
  return (rates[Math.floor(place)] ?? 0) * targets.length
}

/** risesOf lists how much a target's counters rose from one observation to the next, per second. */
function risesOf(observations: ProxyTarget['observations']): number[] {
  const seen = observations.filter((one) => one !== undefined)
  const sum = (values: ReadonlyMap<string, number>) => [...values.values()].reduce((all, one) => all + one, 0)
  return seen.slice(1).flatMap((one, index) => {
    const before = seen[index] as (typeof seen)[number]
    const rise = sum(one.values) - sum(before.values)
    return rise > 0 ? [(rise * 1000) / (one.at - before.at)] : []
  })
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

function addOne(sums: Sums, { side, outcome }: SeriesClass, value: number): void {
  if (outcome === 'unreached') sums.unreached += value
  else if (outcome === 'abandoned') sums.abandoned += value
  else if (side !== 'other') {
    const { all, bad } = outcomeWeights[outcome]
    sums[side].total += all * value
    sums[side].bad += bad * value
  }
}

/** Blindness lists the grid points at which there was nothing to count by: for both sides, or for one. */
interface Blindness {
  all: ReadonlySet<number>
  canary: ReadonlySet<number>
  stable: ReadonlySet<number>
}

/**
 * blindAt finds the grid points at which Prometheus had nothing: no series of the host, or of one side of it, although
 * there were some before, or nothing scraped at all.
 */
function blindAt(
  answers: CountingInput,
  counted: readonly CountedTarget[],
  classes: SeriesClasses,
): Blindness {
  const { grid } = answers
  const series = [answers.requests, ...answers.unreached].flatMap((answer) => answer.series)
  const alive = seenAt(grid, answers.heartbeat.series)
  const canary = new Set<number>()
  const stable = new Set<number>()
  for (const [index, key] of counted.flatMap(({ target }) => shownKeys(target))) {
    const side = classes.get(key)?.side
    if (side === 'canary') canary.add(index)
    if (side === 'stable') stable.add(index)
  }
  return {
    all: missing(grid, seenAt(grid, series), (index) => !alive.has(index)),
    canary: missing(grid, canary, () => false),
    stable: missing(grid, stable, () => false),
  }
}

function shownKeys({ observations }: ProxyTarget): [index: number, key: string][] {
  return observations.flatMap((seen, index) =>
    [...(seen?.values.keys() ?? [])].map((key): [number, string] => [index, key]),
  )
}

/** missing lists the grid points without what was shown before, and those that `before` names while nothing was yet. */
function missing(grid: Grid, shown: ReadonlySet<number>, before: (index: number) => boolean): Set<number> {
  const found = new Set<number>()
  let everShown = false
  for (let index = 0; index <= grid.last; index += 1) {
    everShown ||= shown.has(index)
    if (!shown.has(index) && (everShown || before(index))) found.add(index)
  }
  return found
}

function pointsOf(
  grid: Grid,
  counted: readonly CountedTarget[],
  classes: SeriesClasses,
  blind: Blindness,
  keep: (seriesClass: SeriesClass) => boolean,
): CountPoint[] {
  const none = () => ({ total: 0, bad: 0 })
  const sums: Sums = { canary: none(), stable: none(), unreached: 0, abandoned: 0 }
  const points: CountPoint[] = []
  for (let index = 0; index <= grid.last; index += 1) {
    let largestRise = 0
    for (const { added } of counted) {
      const before = sums.canary.total
      for (const [key, value] of added.get(index) ?? []) {
        const seriesClass = classes.get(key)
        if (seriesClass !== undefined && keep(seriesClass)) addOne(sums, seriesClass, value)
      }
      largestRise = Math.max(largestRise, sums.canary.total - before)
    }
    points.push({ t: (index * grid.interval) / 1000, ...seenSums(sums, index, blind), largestRise })
  }
  return points
}

/** seenSums gives the sums as they stand at a grid point; null what Prometheus showed nothing of there. */
function seenSums(sums: Sums, index: number, blind: Blindness): Omit<CountPoint, 't' | 'largestRise'> {
  const known = !blind.all.has(index)
  return {
    canary: known && !blind.canary.has(index) ? { ...sums.canary } : null,
    stable: known && !blind.stable.has(index) ? { ...sums.stable } : null,
    unreached: known ? sums.unreached : null,
    abandoned: sums.abandoned,
  }
}

function notesOf(grid: Grid, counted: readonly CountedTarget[], blind: Blindness): CountNote[] {
  const gapsOf = (points: ReadonlySet<number>, whose: string) =>
    [...points]
      .filter((index) => !points.has(index - 1) && (points === blind.all || !blind.all.has(index)))
      .map((index): CountNote => {
        const t = (index * grid.interval) / 1000
        return { t, kind: 'gap', instance: '*', text: noDataText(grid, index, whose) }
      })
  const gaps = [
    ...gapsOf(blind.all, ''),
    ...gapsOf(blind.canary, ' of the canary'),
    ...gapsOf(blind.stable, ' of stable'),
  ]
  return [...counted.flatMap((one) => one.notes), ...gaps].sort((a, b) => a.t - b.t)
}

/**
 * countRequests makes the cumulative counts of a release from what Prometheus showed on its grid. All of it is
 * whole numbers: what each target added from point to point, summed. A point is null for a side where Prometheus had
 * nothing of it: no series although there were some before, or nothing scraped at all.
 */
export function countRequests(answers: CountingInput): Count {
  const { grid } = answers
  const { counted, classes } = countTargets(answers)
  const blind = blindAt(answers, counted, classes)
  const given = answersAt(grid, counted, classes)
  const points = pointsOf(grid, counted, classes, blind, () => true).map((point, index) => {
    const own = given[index]
    return own === undefined || blind.all.has(index) ? point : { ...point, answers: own }
  })
  const { requests, proxyStarts, processStarts, unreached } = answers
  const annotations = annotationNotes([requests, proxyStarts, processStarts, ...unreached])
  const notes = [...annotations, ...notesOf(grid, counted, blind)]
  return { series: { points, notes }, followUps: counted.flatMap((one) => one.followUps) }
}

/**
 * countRoutes makes the same counts route by route, for the `most` routes that both versions together got most
 * requests on; ties by name. Routes without a name are left out: they are no place that a person could look at.
 */
export function countRoutes(answers: CountingInput, most: number): RouteCounts[] {
  const { grid } = answers
  const { counted, classes } = countTargets(answers)
  const blind = blindAt(answers, counted, classes)
  const notes = notesOf(grid, counted, blind)
  const names = new Set([...classes.values()].map(({ route }) => route).filter((route) => route !== ''))
  return [...names]
    .map((route) => {
      const points = pointsOf(grid, counted, classes, blind, (seriesClass) => seriesClass.route === route)
      const last = points.findLast(({ canary }) => canary !== null)
      const size = (last?.canary?.total ?? 0) + (last?.stable?.total ?? 0)
      return { route, size, series: { points, notes } }
    })
    .sort((a, b) => b.size - a.size || (a.route < b.route ? -1 : 1))
    .slice(0, most)
    .map(({ route, series }) => ({ route, series }))
}

function noDataText(grid: Grid, index: number, whose: string): string {
  return `Prometheus had nothing to show${whose} at ${new Date(timeAt(grid, index)).toISOString()}`
}
