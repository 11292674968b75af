import type { CountNote } from '../../release/evidence/counts.ts'
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

/** How long an implausible height must be shown unchanged until it is believed, ms. */
const believedAfter = 120_000

/** CountedValue is the height up to which a series was counted. */
interface CountedValue {
  value: number
  /** Since when it shows less, ms; null while it doesn't. */
  lowSince: number | null
  /** What was counted over the last minutes: a fall without a restart takes it back. */
  rises: { at: number; amount: number }[]
  /** An implausible height, and since when it is shown; null: none. */
  pending: { value: number; since: number } | null
}

/** CounterState is what was counted of a target so far. */
export interface CounterState {
  counted: Map<string, CountedValue>
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
  const counted = new Map([...values].map(([key, value]) => [key, countedAt(value)]))
  return { counted, shown: new Map(values), at, proxyStart, processStart }
}

function countedAt(value: number): CountedValue {
  return { value, lowSince: null, rises: [], pending: null }
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
 * everything shown is new. A series that is not shown is a gap: it waits where it stood. Any other fall waits too, for
 * a replica of Prometheus may be behind; seen twice, what had risen within `maxLowTime` before is taken back; what stays
 * lower than even that for longer is counted from there on. A rise beyond `maxRate` (requests per second) waits for
 * the next scrape.
 */
export function applyObservation(
  state: CounterState,
  seen: Observation,
  maxRate = Number.POSITIVE_INFINITY,
): Increase {
  const increase: Increase = { added: new Map(), retracted: [], notes: [], restarted: restarted(state, seen) }
  if (increase.restarted) {
    state.counted = new Map()
    state.shown = new Map()
    increase.notes.push({ kind: 'restart', text: 'the proxy started anew: what it shows counts from zero' })
  }
  const maxRise = Math.max(leastImplausible, (maxRate * Math.max(0, seen.at - state.at)) / 1000)
  for (const [key, value] of seen.values) {
    const counted = state.counted.get(key) ?? countedAt(0)
    state.counted.set(key, counted)
    if (value >= counted.value) rise(counted, key, value, { at: seen.at, maxRise }, increase)
    else fall(counted, key, value, seen.at, increase)
    if (counted.pending === null) state.shown.set(key, value)
  }
  state.at = seen.at
  state.proxyStart = seen.proxyStart ?? state.proxyStart
  state.processStart = seen.processStart ?? state.processStart
  return increase
}

/** No rise of fewer requests than this is implausible. */
const leastImplausible = 1000

function rise(
  counted: CountedValue,
  key: string,
  value: number,
  { at, maxRise }: { at: number; maxRise: number },
  increase: Increase,
): void {
  const amount = value - counted.value
  if (amount > maxRise && !isConfirmed(counted, value, at)) {
    if (counted.pending?.value !== value) {
      counted.pending = { value, since: at }
      const text = `a counter rose by ${amount} at once, far beyond the traffic of this host: waits for the next scrape`
      increase.notes.push({ kind: 'gap', text })
    }
    return
  }
  counted.pending = null
  counted.lowSince = null
  if (amount === 0) return
  increase.added.set(key, amount)
  counted.value = value
  counted.rises = [...counted.rises.filter((one) => at - one.at <= maxLowTime), { at, amount }]
}

/** isConfirmed tells whether another scrape shows an implausible height too; the same number may be the same scrape. */
function isConfirmed({ pending }: CountedValue, value: number, at: number): boolean {
  if (pending === null) return false
  return value > pending.value || (value === pending.value && at - pending.since >= believedAfter)
}

function fall(counted: CountedValue, key: string, value: number, at: number, increase: Increase): void {
  counted.pending = null
  if (counted.lowSince === null) {
    counted.lowSince = at
    const text = `a counter fell by ${counted.value - value} without a restart: waits where it stood`
    increase.notes.push({ kind: 'gap', text })
    return
  }
  const recent = counted.rises.filter((one) => at - one.at <= maxLowTime)
  const missing = counted.value - value
  if (recent.reduce((sum, { amount }) => sum + amount, 0) >= missing) {
    counted.rises = takeBack(recent, missing, key, increase)
    const text = `a counter that rose by ${missing} fell back without a restart: these requests never happened`
    increase.notes.push({ kind: 'gap', text })
  } else if (at - counted.lowSince <= maxLowTime) return
  counted.value = value
  counted.lowSince = null
}

/** takeBack undoes the newest rises, and gives those that stay. */
function takeBack(
  rises: readonly { at: number; amount: number }[],
  missing: number,
  key: string,
  increase: Increase,
): CountedValue['rises'] {
  const kept = [...rises]
  let left = missing
  while (left > 0) {
    const last = kept.pop()
    if (last === undefined) break
    const amount = Math.min(left, last.amount)
    increase.retracted.push({ at: last.at, key, amount })
    if (last.amount > amount) kept.push({ at: last.at, amount: last.amount - amount })
    left -= amount
  }
  return kept
}
