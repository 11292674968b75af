import {
  advanceHeight,
  type CountedHeight,
  countedHeightAt,
  maxRiseOf,
} from '../../release/evidence/counted-height.ts'
import type { CountNote } from '../../release/evidence/counts.ts'
import type { Observation } from './grid.ts'

/** Start times of one process, as scraped, may differ by rounding; those of two differ by more than this, in s. */
const sameStart = 1.5

/** CounterState is what was counted of a target so far. */
export interface CounterState {
  counted: Map<string, CountedHeight>
  /** What each series showed last, those that vanished since too. */
  shown: Map<string, number>
  /** Time of the last observation, ms. */
  at: number
  proxyStart: number | null
  processStart: number | null
}

/** TargetNote is a note without the target that it is about. */
export type TargetNote = Pick<CountNote, 'kind' | 'text'>

/** Increase is what an observation adds: requests by series, and what was noticed. */
export interface Increase {
  added: Map<string, number>
  /** What was counted at earlier times (ms) and never happened. */
  retracted: { at: number; key: string; amount: number }[]
  notes: TargetNote[]
  restarted: boolean
}

/** counterStateAt takes an observation as the base: what it shows was counted, or is not ours. */
export function counterStateAt(seen: Observation): CounterState {
  const { at, values, proxyStart, processStart } = seen
  const counted = new Map([...values].map(([key, value]) => [key, countedHeightAt(value)]))
  return { counted, shown: new Map(values), at, proxyStart, processStart }
}

function startDiffers(before: number | null, after: number | null): boolean | null {
  return before === null || after === null ? null : Math.abs(before - after) > sameStart
}

/** startMoved says whether a start time of the target changed: then the raw samples between are needed. */
export function startMoved(before: CounterState, seen: Observation): boolean {
  const proxy = startDiffers(before.proxyStart, seen.proxyStart)
  const process = startDiffers(before.processStart, seen.processStart)
  return proxy === true || process === true
}

/**
 * restarted tells whether the target's counters began anew. The proxy's own start time is proof either way;
 * another process' start time needs a fall beside it (it may be the application's); without any, the sum of the
 * counters that are still shown must have fallen below half.
 */
export function restarted(before: CounterState, seen: Observation): boolean {
  const proxy = startDiffers(before.proxyStart, seen.proxyStart)
  if (proxy !== null) return proxy
  const both = [...seen.values].flatMap(([key, value]) => {
    const old = before.shown.get(key)
    return old === undefined ? [] : [{ old, value }]
  })
  const process = startDiffers(before.processStart, seen.processStart)
  if (process !== null) return process && both.some(({ old, value }) => value < old)
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  return sum(both.map(({ value }) => value)) < sum(both.map(({ old }) => old)) / 2
}

/**
 * applyObservation adds what an observation shows beyond what was counted, and moves the state there. After a restart
 * everything shown is new. A series that is not shown is a gap: it waits where it stood. All else is `advanceHeight`,
 * where no series can plausibly rise by more than the host's traffic, `rate` (requests per second), allows.
 */
export function applyObservation(
  state: CounterState,
  seen: Observation,
  rate = Number.POSITIVE_INFINITY,
): Increase {
  const increase: Increase = { added: new Map(), retracted: [], notes: [], restarted: restarted(state, seen) }
  if (increase.restarted) {
    state.counted = new Map()
    state.shown = new Map()
    increase.notes.push({ kind: 'restart', text: 'the proxy started anew: what it shows counts from zero' })
  }
  const around = { at: seen.at, maxRise: maxRiseOf(rate, seen.at - state.at) }
  for (const [key, value] of seen.values) {
    const counted = state.counted.get(key) ?? countedHeightAt(0)
    state.counted.set(key, counted)
    const { added, retracted, note } = advanceHeight(counted, value, around)
    if (added > 0) increase.added.set(key, added)
    for (const one of retracted) increase.retracted.push({ ...one, key })
    if (note !== null) increase.notes.push({ kind: 'gap', text: note })
    if (counted.pending === null) state.shown.set(key, value)
  }
  state.at = seen.at
  state.proxyStart = seen.proxyStart ?? state.proxyStart
  state.processStart = seen.processStart ?? state.processStart
  return increase
}
