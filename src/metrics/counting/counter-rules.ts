import type { CountNote } from '../../release/counts.ts'
import { lookback } from '../../release/promql.ts'
import type { Observation } from './grid.ts'

/**
 * maxLowTime is how long a counter may stand below what it showed before, ms. A replica of Prometheus that is
 * behind catches up within a scrape or two, and a series that vanished can show its last value again for as long
 * as Prometheus looks back. What stays lower for longer has lost series, and is counted from there on.
 */
const maxLowTime = lookback

/** Start times of one process, as scraped, may differ by rounding; those of two differ by more than this, in s. */
const sameStart = 1.5

/** CountedValue is the highest value of a series that was counted, and since when it shows less. */
interface CountedValue {
  value: number
  lowSince: number | null
}

/** CounterState is what was counted of a target so far. */
export interface CounterState {
  counted: Map<string, CountedValue>
  /** What it showed last. */
  shown: ReadonlyMap<string, number>
  proxyStart: number | null
  processStart: number | null
}

/** TargetNote is a note without the target that it is about. */
export type TargetNote = Pick<CountNote, 'kind' | 'text'>

/** Step is what an observation adds: requests by series, and what was noticed. */
export interface Increase {
  added: Map<string, number>
  notes: TargetNote[]
  restarted: boolean
}

/** counterStateAt takes an observation as the base: what it shows was counted, or is not ours. */
export function counterStateAt(seen: Observation): CounterState {
  const marks = new Map([...seen.values].map(([key, value]) => [key, { value, lowSince: null }]))
  return { counted: marks, shown: seen.values, proxyStart: seen.proxyStart, processStart: seen.processStart }
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

function total(values: Iterable<number>): number {
  let sum = 0
  for (const value of values) sum += value
  return sum
}

/**
 * restarted says whether the target's counters began anew. The proxy's own start time is proof either way;
 * another process' start time needs a fall beside it (it may be the application's); without any, the sum of the
 * counters must have fallen below half.
 */
export function restarted(before: CounterState, seen: Observation): boolean {
  const proxy = startDiffers(before.proxyStart, seen.proxyStart)
  if (proxy !== null) return proxy
  const fell = [...before.shown].some(([key, value]) => (seen.values.get(key) ?? 0) < value)
  const process = startDiffers(before.processStart, seen.processStart)
  if (process !== null) return process && fell
  return total(seen.values.values()) < total(before.shown.values()) / 2
}

/**
 * applyObservation adds what an observation shows beyond what was counted, and moves the standing there. After a restart
 * everything shown is new. Any other fall is a gap: nothing is counted twice, so the series waits at its highest
 * value; when it stays lower for longer than `patience`, it is counted from what it shows then.
 */
export function applyObservation(standing: CounterState, seen: Observation): Increase {
  const anew = restarted(standing, seen)
  const added = new Map<string, number>()
  const remarks: TargetNote[] = []
  if (anew) {
    standing.counted = new Map()
    remarks.push({ kind: 'restart', text: 'the proxy started anew: what it shows counts from zero' })
  }
  let fallen = 0
  for (const key of new Set([...standing.counted.keys(), ...seen.values.keys()])) {
    const value = seen.values.get(key) ?? 0
    const mark = standing.counted.get(key) ?? { value: 0, lowSince: null }
    standing.counted.set(key, mark)
    if (value >= mark.value) {
      if (value > mark.value) added.set(key, value - mark.value)
      mark.value = value
      mark.lowSince = null
    } else if (mark.lowSince === null) {
      mark.lowSince = seen.at
      fallen += mark.value - value
    } else if (seen.at - mark.lowSince > maxLowTime) {
      mark.value = value
      mark.lowSince = null
    }
  }
  if (fallen > 0) {
    remarks.push({
      kind: 'gap',
      text: `counters fell by ${fallen} without a restart: counted on from where they stood`,
    })
  }
  standing.shown = seen.values
  standing.proxyStart = seen.proxyStart ?? standing.proxyStart
  standing.processStart = seen.processStart ?? standing.processStart
  return { added, notes: remarks, restarted: anew }
}
