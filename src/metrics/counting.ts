import type { CountNote, CountPoint, CountSeries } from '../release/counts.ts'
import type { Answer } from './answer.ts'
import type { Meaning, Reading } from './classes.ts'
import { type Evidence, type Grid, type Meanings, type Target, targetsOf, timeAt } from './grid.ts'
import { type Extras, type Steps, type Wish, walk } from './walk.ts'

/** GridAnswers is all that the counting of a release reads. */
export interface GridAnswers extends Evidence {
  grid: Grid
  reading: Reading
  /** One series that is there whenever Prometheus scraped anything. */
  heartbeat: Answer
  podBirths: Readonly<Record<string, number>>
  extras: Extras
}

/** Count is the series, and what else should be asked before it is believed: count again with the answers. */
export interface Count {
  series: CountSeries
  wishes: Wish[]
}

/** noExtras is the beginning: nothing asked beside the grid. */
export function noExtras(): Extras {
  return { scraped: new Map(), samples: new Map() }
}

/** Walked is a target with what it adds at each grid point. */
export interface Walked extends Steps {
  target: Target
}

/** walkAll walks all targets of the answers. */
export function walkAll(answers: GridAnswers): { walked: Walked[]; meanings: Meanings } {
  const meanings: Meanings = new Map()
  const { grid, reading, extras, podBirths } = answers
  const targets = targetsOf(grid, answers, reading, meanings)
  const around = { grid, reading, meanings, extras, podBirths }
  return { walked: targets.map((target) => ({ target, ...walk(target, around) })), meanings }
}

/** seenAt lists the grid points at which an answer shows anything. */
function seenAt(grid: Grid, series: Answer['series']): Set<number> {
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

function addOne(sums: Sums, { arm, outcome }: Meaning, value: number): void {
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
function blindAt(answers: GridAnswers): Set<number> {
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
  walked: readonly Walked[],
  meanings: Meanings,
  blind: ReadonlySet<number>,
  keep: (meaning: Meaning) => boolean,
): CountPoint[] {
  const none = () => ({ total: 0, bad: 0 })
  const sums: Sums = { canary: none(), stable: none(), unreached: 0, abandoned: 0 }
  const points: CountPoint[] = []
  for (let index = 0; index <= grid.last; index += 1) {
    for (const { added } of walked) {
      for (const [key, value] of added.get(index) ?? []) {
        const meaning = meanings.get(key)
        if (meaning !== undefined && keep(meaning)) addOne(sums, meaning, value)
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

function notesOf(grid: Grid, walked: readonly Walked[], blind: ReadonlySet<number>): CountNote[] {
  const gaps = [...blind]
    .filter((index) => !blind.has(index - 1))
    .map((index): CountNote => {
      const t = (index * grid.interval) / 1000
      return { t, kind: 'gap', instance: '*', text: nothing(grid, index) }
    })
  return [...walked.flatMap((one) => one.notes), ...gaps].sort((a, b) => a.t - b.t)
}

/**
 * countRequests makes the cumulative counts of a release from what Prometheus showed on its grid. All of it is
 * whole numbers: what each target added from point to point, summed. A point is null for both arms where
 * Prometheus had nothing at all: no series of the host although there were some before, or nothing scraped.
 */
export function countRequests(answers: GridAnswers): Count {
  const { grid } = answers
  const { walked, meanings } = walkAll(answers)
  const blind = blindAt(answers)
  const points = pointsOf(grid, walked, meanings, blind, () => true)
  const notes = notesOf(grid, walked, blind)
  return { series: { points, notes }, wishes: walked.flatMap((one) => one.wishes) }
}

/** RouteCount is the counts of one route. */
export interface RouteCount {
  route: string
  series: CountSeries
}

/**
 * countRoutes makes the same counts route by route, for the `most` routes that both versions together got most
 * requests on; ties by name. Routes without a name are left out: they are no place that a person could look at.
 */
export function countRoutes(answers: GridAnswers, most: number): RouteCount[] {
  const { grid } = answers
  const { walked, meanings } = walkAll(answers)
  const blind = blindAt(answers)
  const notes = notesOf(grid, walked, blind)
  const names = new Set([...meanings.values()].map(({ route }) => route).filter((route) => route !== ''))
  return [...names]
    .map((route) => {
      const points = pointsOf(grid, walked, meanings, blind, (meaning) => meaning.route === route)
      const last = points.findLast(({ canary }) => canary !== null)
      const size = (last?.canary?.total ?? 0) + (last?.stable?.total ?? 0)
      return { route, size, series: { points, notes } }
    })
    .sort((a, b) => b.size - a.size || (a.route < b.route ? -1 : 1))
    .slice(0, most)
    .map(({ route, series }) => ({ route, series }))
}

function nothing(grid: Grid, index: number): string {
  return `Prometheus had nothing to show at ${new Date(timeAt(grid, index)).toISOString()}`
}
