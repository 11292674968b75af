import type { CountNote } from '../../release/evidence/counts.ts'
import { type Grid, timeAt } from '../../release/evidence/grid.ts'
import { lookback } from '../../release/promql.ts'
import type { ClassScheme } from './classes.ts'
import {
  applyObservation,
  type CounterState,
  counterStateAt,
  restarted,
  startMoved,
  type TargetNote,
} from './counter-rules.ts'
import { type Observation, observationAt, type ProxyTarget, type SeriesClasses } from './grid.ts'
import { type RawSamples, scanSamples } from './sample-scan.ts'

/** FollowUp is a query whose answer the counting needs beside the grid. */
export type FollowUp =
  /** Was the target scraped well at this grid point? */
  | { kind: 'scraped'; target: string; instance: string; index: number }
  /** What did the target's scrapes show between these grid points? */
  | { kind: 'samples'; target: string; instance: string; pod: string; from: number; until: number }

/** FollowUpAnswers are the answers to followUps, by the names that `wishName` gives. */
export interface FollowUpAnswers {
  scraped: Map<string, boolean>
  samples: Map<string, RawSamples>
}

/** followUpKey names a followUp, so that its answer is found again. */
export function followUpKey(followUp: FollowUp): string {
  if (followUp.kind === 'scraped') return JSON.stringify([followUp.target, followUp.index])
  return JSON.stringify([followUp.target, followUp.from, followUp.until])
}

/** SeriesContext is what counting along the grid needs to know beside the target. */
interface SeriesContext {
  grid: Grid
  scheme: ClassScheme
  classes: SeriesClasses
  followUpAnswers: FollowUpAnswers
  /** The host's requests per second: no series plausibly rises by far more. */
  rate: number
  /** ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
}

/** TargetIncreases is what a target adds at each grid point, by class; what was noticed; what would be good to know. */
export interface TargetIncreases {
  added: Map<number, Map<string, number>>
  notes: CountNote[]
  followUps: FollowUp[]
}

/** startedBefore is the latest time at which the target's counters can have begun, ms; null where it is unknown. */
function startedBefore(
  target: ProxyTarget,
  index: number,
  births: Readonly<Record<string, number>>,
): number | null {
  const seen = target.observations[index]
  const start = seen?.proxyStart ?? seen?.processStart ?? null
  const times = [births[target.pod], start === null ? undefined : start * 1000].filter(
    (time) => time !== undefined,
  )
  return times.length === 0 ? null : Math.max(...times)
}

/**
 * countTarget follows a target along the grid. A target that shows up after the first point counts from zero if it was
 * born since the release started, or was scraped at the point before and had nothing to show; otherwise it is a
 * return, and what it shows first is only a base. Where the target is new or began anew its raw samples are
 * needed: between two points a counter may have risen further than either shows, and for 5 minutes what it
 * was before may stand beside what it is.
 */
export function countTarget(target: ProxyTarget, around: SeriesContext): TargetIncreases {
  const steps: TargetIncreases = { added: new Map(), notes: [], followUps: [] }
  let last: ScanEnd | null = null
  for (let index = 0; index <= around.grid.last; index += 1) {
    if (target.observations[index] === undefined) continue
    last =
      last === null ? seenFirst(target, index, around, steps) : seenAgain(target, last, index, around, steps)
    index = last.index
  }
  return steps
}

/** seenFirst begins with what a target shows first; it gives the point up to which it is counted. */
function seenFirst(
  target: ProxyTarget,
  index: number,
  around: SeriesContext,
  steps: TargetIncreases,
): ScanEnd {
  if (index === 0 || !countsFromZero(target, index, around, steps))
    return { counter: counterStateAt(target.observations[index] as Observation), index }
  const jump = scanBetween(target, { from: index - 1, until: index, fresh: true }, around, steps)
  if (jump !== null) return jump
  const counter = counterStateAt(observationAt(timeAt(around.grid, index - 1)))
  advanceOnGrid(counter, target, index, around, steps)
  return { counter, index }
}

/** seenAgain goes on from the last point that was counted. */
function seenAgain(
  target: ProxyTarget,
  { counter, index: lastSeen }: ScanEnd,
  index: number,
  around: SeriesContext,
  steps: TargetIncreases,
): ScanEnd {
  const seen = target.observations[index] as Observation
  if (startMoved(counter, seen) || restarted(counter, seen)) {
    const until = clearIndex(around.grid, timeAt(around.grid, index))
    const jump = scanBetween(target, { from: lastSeen, until, fresh: false }, around, steps)
    if (jump !== null) return jump
  }
  advanceOnGrid(counter, target, index, around, steps)
  return { counter, index }
}

/** advanceOnGrid goes by the grid alone. */
function advanceOnGrid(
  counter: CounterState,
  target: ProxyTarget,
  index: number,
  around: SeriesContext,
  steps: TargetIncreases,
): void {
  const step = applyObservation(counter, target.observations[index] as Observation, around.rate)
  add(steps, index, step.added)
  for (const { at, key, amount } of step.retracted) subtract(steps, around.grid, at, key, amount)
  addNotes(steps, target, around.grid, index, step.notes)
}

function add(steps: TargetIncreases, index: number, added: ReadonlyMap<string, number>): void {
  const sums = steps.added.get(index) ?? new Map<string, number>()
  for (const [key, value] of added) sums.set(key, (sums.get(key) ?? 0) + value)
  steps.added.set(index, sums)
}

/** subtract takes back what was counted at a time (ms) of the grid. */
function subtract(steps: TargetIncreases, grid: Grid, at: number, key: string, amount: number): void {
  const sums = steps.added.get(Math.ceil((at - grid.start) / grid.interval))
  sums?.set(key, (sums.get(key) ?? 0) - amount)
}

function addNotes(
  steps: TargetIncreases,
  target: ProxyTarget,
  grid: Grid,
  index: number,
  notes: readonly TargetNote[],
): void {
  for (const { kind, text } of notes) {
    steps.notes.push({ t: (index * grid.interval) / 1000, kind, instance: target.instance, text })
  }
}

function countsFromZero(
  target: ProxyTarget,
  index: number,
  around: SeriesContext,
  steps: TargetIncreases,
): boolean {
  const { grid } = around
  const born = startedBefore(target, index, around.podBirths)
  if (born !== null && born >= grid.start) {
    if (born < timeAt(grid, index - 1)) {
      const text = 'first scraped more than a poll after its start: all it had counted came at once'
      addNotes(steps, target, grid, index, [{ kind: 'late', text }])
    }
    return true
  }
  const followUp: FollowUp = {
    kind: 'scraped',
    target: target.key,
    instance: target.instance,
    index: index - 1,
  }
  const scraped = around.followUpAnswers.scraped.get(followUpKey(followUp))
  if (scraped === undefined) steps.followUps.push(followUp)
  if (scraped === true) return true
  const text = 'came into sight with counts that may be older than the release: counted from there on'
  addNotes(steps, target, grid, index, [{ kind: 'return', text }])
  return false
}

interface ScanEnd {
  counter: CounterState
  index: number
}

/**
 * scanBetween counts the raw samples from the grid point at which the target was last seen to the first one at which
 * nothing of before the restart can show any more; null where the samples are not at hand.
 */
function scanBetween(
  target: ProxyTarget,
  window: { from: number; until: number; fresh: boolean },
  around: SeriesContext,
  steps: TargetIncreases,
): ScanEnd | null {
  const { grid } = around
  const { from, fresh } = window
  let { until } = window
  for (;;) {
    const { key, instance, pod } = target
    const followUp: FollowUp = { kind: 'samples', target: key, instance, pod, from, until }
    const samples = around.followUpAnswers.samples.get(followUpKey(followUp))
    if (samples === undefined) {
      steps.followUps.push(followUp)
      return null
    }
    const times = { from: timeAt(grid, from), until: timeAt(grid, until), fresh }
    const scan = scanSamples(samples, times, around)
    if (scan === null) return null
    const needed = scan.lastRestart === null ? until : clearIndex(grid, scan.lastRestart)
    if (needed > until) {
      until = needed
      continue
    }
    for (const step of scan.advances) {
      const at = Math.ceil((step.at - grid.start) / grid.interval)
      add(steps, at, step.added)
      addNotes(steps, target, grid, at, step.notes)
    }
    return { counter: scan.counter, index: until }
  }
}

/** clearIndex is the first grid point, or the last there is, at which a sample of `time` shows no more. */
function clearIndex(grid: Grid, time: number): number {
  return Math.min(grid.last, Math.ceil((time + lookback - grid.start) / grid.interval) + 1)
}
