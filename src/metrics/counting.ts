import type { CountNote, CountPoint, CountSeries, CountSource } from '../release/counts.ts'
import type { Answer } from './answer.ts'
import { type Evidence, type Grid, type Meanings, type Target, targetsOf, timeAt } from './grid.ts'
import { type Extras, type Steps, type Wish, walk } from './walk.ts'

/** GridAnswers is all that the counting of a release reads. */
export interface GridAnswers extends Evidence {
  grid: Grid
  source: CountSource
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
  const { grid, source, extras, podBirths } = answers
  const targets = targetsOf(grid, answers, source, meanings)
  const around = { grid, source, meanings, extras, podBirths }
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

function addTo(sums: Sums, added: ReadonlyMap<string, number>, meanings: Meanings): void {
  for (const [key, value] of added) {
    const meaning = meanings.get(key)
    if (meaning === undefined) continue
    if (meaning.outcome === 'unreached') sums.unreached += value
    else if (meaning.outcome === 'abandoned') sums.abandoned += value
    else if (meaning.arm !== 'other') {
      sums[meaning.arm].total += value
      if (meaning.outcome === 'bad') sums[meaning.arm].bad += value
    }
  }
}

/**
 * countRequests makes the cumulative counts of a release from what Prometheus showed on its grid. All of it is
 * whole numbers: what each target added from point to point, summed. A point is null for both arms where
 * Prometheus had nothing at all: no series of the host although there were some before, or nothing scraped.
 */
export function countRequests(answers: GridAnswers): Count {
  const { grid } = answers
  const { walked, meanings } = walkAll(answers)
  const shown = seenAt(
    grid,
    [answers.requests, ...answers.unreached].flatMap((answer) => answer.series),
  )
  const alive = seenAt(grid, answers.heartbeat.series)
  const notes: CountNote[] = walked.flatMap((one) => one.notes)
  const sums: Sums = {
    canary: { total: 0, bad: 0 },
    stable: { total: 0, bad: 0 },
    unreached: 0,
    abandoned: 0,
  }
  const points: CountPoint[] = []
  let everShown = false
  let blindBefore = false
  for (let index = 0; index <= grid.last; index += 1) {
    for (const { added } of walked) addTo(sums, added.get(index) ?? new Map(), meanings)
    everShown ||= shown.has(index)
    const blind = shown.has(index) ? false : everShown || !alive.has(index)
    const t = (index * grid.interval) / 1000
    points.push({
      t,
      canary: blind ? null : { ...sums.canary },
      stable: blind ? null : { ...sums.stable },
      unreached: blind ? null : sums.unreached,
      abandoned: sums.abandoned,
    })
    if (blind && !blindBefore) notes.push({ t, kind: 'gap', instance: '*', text: nothing(grid, index) })
    blindBefore = blind
  }
  notes.sort((a, b) => a.t - b.t)
  return { series: { points, notes }, wishes: walked.flatMap((one) => one.wishes) }
}

function nothing(grid: Grid, index: number): string {
  return `Prometheus had nothing to show at ${new Date(timeAt(grid, index)).toISOString()}`
}
