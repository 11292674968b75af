import type { CountNote } from '../release/counts.ts'
import type { Reading } from './classes.ts'
import { lookCloser, type Samples } from './closer.ts'
import { type Grid, type Meanings, type Observation, type Target, timeAt } from './grid.ts'
import { lookback } from './queries.ts'
import { advance, type Remark, restarted, type Standing, standingAt, startMoved } from './rules.ts'

/** Wish is a question whose answer the counting needs beside the grid. */
export type Wish =
  /** Was the target scraped well at this grid point? */
  | { kind: 'scraped'; target: string; instance: string; index: number }
  /** What did the target's scrapes show between these grid points? */
  | { kind: 'samples'; target: string; instance: string; pod: string; from: number; until: number }

/** Extras are the answers to wishes, by the names that `wishName` gives. */
export interface Extras {
  scraped: Map<string, boolean>
  samples: Map<string, Samples>
}

/** wishName names a wish, so that its answer is found again. */
export function wishName(wish: Wish): string {
  if (wish.kind === 'scraped') return JSON.stringify([wish.target, wish.index])
  return JSON.stringify([wish.target, wish.from, wish.until])
}

/** Surroundings is what a walk along the grid needs to know beside the target. */
export interface Surroundings {
  grid: Grid
  reading: Reading
  meanings: Meanings
  extras: Extras
  /** ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
}

/** Steps is what a target adds at each grid point, by class; what was noticed; what would be good to know. */
export interface Steps {
  added: Map<number, Map<string, number>>
  notes: CountNote[]
  wishes: Wish[]
}

/** bornAt tells the latest time at which the target's counters can have begun, ms; null where nothing does. */
function bornAt(target: Target, index: number, births: Readonly<Record<string, number>>): number | null {
  const seen = target.observations[index]
  const start = seen?.proxyStart ?? seen?.processStart ?? null
  const times = [births[target.pod], start === null ? undefined : start * 1000].filter(
    (time) => time !== undefined,
  )
  return times.length === 0 ? null : Math.max(...times)
}

/**
 * walk follows a target along the grid. A target that shows up after the first point counts from zero if it was
 * born since the release started, or was scraped at the point before and had nothing to show; otherwise it is a
 * return, and what it shows first is only a base. Where the target is new or began anew its raw samples are
 * wished for: between two points a counter may have risen further than either shows, and for 5 minutes what it
 * was before may stand beside what it is.
 */
export function walk(target: Target, around: Surroundings): Steps {
  const steps: Steps = { added: new Map(), notes: [], wishes: [] }
  let standing: Standing | null = null
  let lastSeen = -1
  for (let index = 0; index <= around.grid.last; index += 1) {
    const seen = target.observations[index]
    if (seen === undefined) continue
    let jump: Jump | null = null
    if (standing === null) {
      const fresh = index > 0 && countsFromZero(target, index, around, steps)
      if (fresh) jump = closer(target, { from: index - 1, until: index, fresh }, around, steps)
      if (fresh && jump === null) add(steps, index, seen.values)
      standing = standingAt(seen)
    } else if (startMoved(standing, seen) || restarted(standing, seen)) {
      const until = clear(around.grid, timeAt(around.grid, index))
      jump = closer(target, { from: lastSeen, until, fresh: false }, around, steps)
      if (jump === null) onward(standing, target, index, around, steps)
    } else {
      onward(standing, target, index, around, steps)
    }
    if (jump !== null) {
      standing = jump.standing
      index = jump.index
    }
    lastSeen = index
  }
  return steps
}

/** onward goes by the grid alone. */
function onward(standing: Standing, target: Target, index: number, around: Surroundings, steps: Steps): void {
  const step = advance(standing, target.observations[index] as Observation)
  add(steps, index, step.added)
  remark(steps, target, around.grid, index, step.remarks)
}

function add(steps: Steps, index: number, added: ReadonlyMap<string, number>): void {
  const sums = steps.added.get(index) ?? new Map<string, number>()
  for (const [key, value] of added) sums.set(key, (sums.get(key) ?? 0) + value)
  steps.added.set(index, sums)
}

function remark(steps: Steps, target: Target, grid: Grid, index: number, remarks: readonly Remark[]): void {
  for (const { kind, text } of remarks) {
    steps.notes.push({ t: (index * grid.interval) / 1000, kind, instance: target.instance, text })
  }
}

function countsFromZero(target: Target, index: number, around: Surroundings, steps: Steps): boolean {
  const { grid } = around
  const born = bornAt(target, index, around.podBirths)
  if (born !== null && born >= grid.start) {
    if (born < timeAt(grid, index - 1)) {
      const text = 'first scraped more than a poll after its start: all it had counted came at once'
      remark(steps, target, grid, index, [{ kind: 'late', text }])
    }
    return true
  }
  const wish: Wish = { kind: 'scraped', target: target.key, instance: target.instance, index: index - 1 }
  const scraped = around.extras.scraped.get(wishName(wish))
  if (scraped === undefined) steps.wishes.push(wish)
  if (scraped === true) return true
  const text = 'came into sight with counts that may be older than the release: counted from there on'
  remark(steps, target, grid, index, [{ kind: 'return', text }])
  return false
}

interface Jump {
  standing: Standing
  index: number
}

/**
 * closer walks the raw samples from the grid point at which the target was last seen to the first one at which
 * nothing of before the restart can show any more; null where the samples are not at hand.
 */
function closer(
  target: Target,
  window: { from: number; until: number; fresh: boolean },
  around: Surroundings,
  steps: Steps,
): Jump | null {
  const { grid } = around
  const { from, fresh } = window
  let { until } = window
  for (;;) {
    const { key, instance, pod } = target
    const wish: Wish = { kind: 'samples', target: key, instance, pod, from, until }
    const samples = around.extras.samples.get(wishName(wish))
    if (samples === undefined) {
      steps.wishes.push(wish)
      return null
    }
    const times = { from: timeAt(grid, from), until: timeAt(grid, until), fresh }
    const look = lookCloser(samples, times, around.reading, around.meanings)
    if (look === null) return null
    const needed = look.lastRestart === null ? until : clear(grid, look.lastRestart)
    if (needed > until) {
      until = needed
      continue
    }
    for (const step of look.advances) {
      const at = Math.ceil((step.at - grid.start) / grid.interval)
      add(steps, at, step.added)
      remark(steps, target, grid, at, step.remarks)
    }
    return { standing: look.standing, index: until }
  }
}

/** clear is the first grid point, or the last there is, at which a sample of `time` shows no more. */
function clear(grid: Grid, time: number): number {
  return Math.min(grid.last, Math.ceil((time + lookback - grid.start) / grid.interval) + 1)
}
