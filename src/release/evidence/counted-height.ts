import { lookback } from '../promql.ts'

/**
 * maxLowTime is how long a counter may stand below what it showed before, ms. A replica of Prometheus that is
 * behind catches up within a scrape or two, and a series that vanished can show its last value again for as long
 * as Prometheus looks back. What stays lower for longer has lost series, and is counted from there on.
 */
const maxLowTime = lookback

/** How long an implausible height must be shown unchanged until it is believed, ms. */
const believedAfter = 120_000

/** No rise of fewer than this is implausible. */
const leastImplausible = 1000

/** How many times what is usual for all counters together one must rise by at once to be implausible. */
const implausible = 100

/** CountedHeight is the height up to which a counter was counted. */
export interface CountedHeight {
  value: number
  /** Since when it shows less, ms; null while it doesn't. */
  lowSince: number | null
  /** What was counted over the last minutes: a fall without a restart takes it back. */
  rises: readonly { at: number; amount: number }[]
  /** An implausible height, and since when it is shown; null: none. */
  pending: { value: number; since: number } | null
}

/** HeightChange is what a counter's new value adds. */
interface HeightChange {
  added: number
  /** What was counted at earlier times (ms) and never happened. */
  retracted: readonly { at: number; amount: number }[]
  /** What a reader should know of it; null: nothing. */
  note: string | null
}

const nothing: HeightChange = { added: 0, retracted: [], note: null }

/** countedHeightAt is a counter that was counted up to a value. */
export function countedHeightAt(value: number): CountedHeight {
  return { value, lowSince: null, rises: [], pending: null }
}

/** maxRiseOf is how much one counter can plausibly rise by within `ms`, where all rise by at most `rate` a second. */
export function maxRiseOf(rate: number, ms: number): number {
  return Math.max(leastImplausible, (implausible * rate * Math.max(0, ms)) / 1000)
}

/**
 * advanceHeight moves a counter that did not restart to the value that it shows at `at` (ms). A rise beyond `maxRise` waits
 * for the next scrape. A fall waits too, for a replica of Prometheus may be behind; seen twice, what had risen within
 * `maxLowTime` before is taken back; what stays lower than even that for longer is counted from there on.
 */
export function advanceHeight(
  counted: CountedHeight,
  value: number,
  seen: { at: number; maxRise: number },
): HeightChange {
  return value >= counted.value ? rise(counted, value, seen) : fall(counted, value, seen.at)
}

function rise(
  counted: CountedHeight,
  value: number,
  { at, maxRise }: { at: number; maxRise: number },
): HeightChange {
  const amount = value - counted.value
  if (amount > maxRise && !isConfirmed(counted, value, at)) {
    if (counted.pending?.value === value) return nothing
    counted.pending = { value, since: at }
    const note = `a counter rose by ${amount} at once, far beyond the traffic of this host: waits for the next scrape`
    return { ...nothing, note }
  }
  counted.pending = null
  counted.lowSince = null
  if (amount === 0) return nothing
  counted.value = value
  counted.rises = [...counted.rises.filter((one) => at - one.at <= maxLowTime), { at, amount }]
  return { ...nothing, added: amount }
}

/** isConfirmed tells whether another scrape shows an implausible height too; the same number may be the same scrape. */
function isConfirmed({ pending }: CountedHeight, value: number, at: number): boolean {
  if (pending === null) return false
  return value > pending.value || (value === pending.value && at - pending.since >= believedAfter)
}

function fall(counted: CountedHeight, value: number, at: number): HeightChange {
  counted.pending = null
  const missing = counted.value - value
  if (counted.lowSince === null) {
    counted.lowSince = at
    return { ...nothing, note: `a counter fell by ${missing} without a restart: waits where it stood` }
  }
  const recent = counted.rises.filter((one) => at - one.at <= maxLowTime)
  if (recent.reduce((sum, { amount }) => sum + amount, 0) >= missing) {
    const { kept, retracted } = takeBack(recent, missing)
    counted.rises = kept
    counted.value = value
    counted.lowSince = null
    const note = `a counter that rose by ${missing} fell back without a restart: these requests never happened`
    return { added: 0, retracted, note }
  }
  if (at - counted.lowSince <= maxLowTime) return nothing
  counted.value = value
  counted.lowSince = null
  return nothing
}

/** takeBack undoes the newest rises, and gives those that stay. */
function takeBack(rises: CountedHeight['rises'], missing: number) {
  const kept = [...rises]
  const retracted: { at: number; amount: number }[] = []
  let left = missing
  while (left > 0) {
    const last = kept.pop()
    if (last === undefined) break
    const amount = Math.min(left, last.amount)
    retracted.push({ at: last.at, amount })
    if (last.amount > amount) kept.push({ at: last.at, amount: last.amount - amount })
    left -= amount
  }
  return { kept, retracted }
}
