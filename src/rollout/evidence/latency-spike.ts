import { type Counts, countsSince, type Poll, sumCounts } from '../../release/evidence/counts.ts'
import type { LatencySpike } from '../../release/evidence/latency-spike.ts'
import type { SideName } from '../../release/gates.ts'
import { cusum } from '../../verdict/engine/cusum.ts'
import { divergence } from '../../verdict/engine/projection.ts'
import type { GateAssessment } from './gate-assessed.ts'

/** Page's sum that calls a spike: ln(1/0.001). */
const called = Math.log(1000)
/** Part of it that one poll may add: no single poll is a spike. */
const cap = 0.55
/** Stable's requests that must have been seen before anything is called usual. */
const usualRequests = 50
/** Polls that must have been usual before: a version that is slow from its start has no spike. */
const usualBefore = 2
/** As many that are usual again end it. */
const usualAfter = 3

/** Interval is what both versions answered between two polls. */
interface Interval extends Record<SideName, Counts> {
  from: number
  until: number
}

/** Span is a time in which a version was slow; `until` null: it goes on; `usual` is what stable had before. */
interface Span {
  from: number
  until: number | null
  usual: Counts
}

/**
 * latencySpike finds the last time in which far more requests than usual took longer than the highest of the compared
 * bounds: by Page's sums of each version against three times the usual share, and a point more (Page 1954). Usual is what
 * stable showed before, as long as nothing rose: a spike doesn't raise it. Null where there was none.
 */
export function latencySpike(gates: readonly GateAssessment[]): Omit<LatencySpike, 'spread'> | null {
  const slow = gates.findLast(({ part }) => part?.warning === 'latency')
  const bound = boundIn(slow?.route ?? null)
  if (slow === undefined || bound === null) return null
  const intervals = intervalsOf(slow.polls)
  const watches = intervals.reduce(watchedBoth, atFirst)
  const spans = { canary: spanOf(watches.canary), stable: spanOf(watches.stable) }
  const [span, found] = latest(spans)
  if (span === null || found === null) return null
  const { from, until, usual } = span
  const within = intervals.filter(
    (interval) => interval.from >= from && interval.until <= (until ?? Number.POSITIVE_INFINITY),
  )
  const sumFor = (side: SideName) => sumCounts(within.map((interval) => interval[side]))
  const counts = { canary: sumFor('canary'), stable: sumFor('stable') }
  return { bound, from, until, ...whoseOf(found, counts, usual), counts, usual: shareOf(usual) }
}

/** slowBound gives the highest bound (ms) at which the canary was proved slower; null where it wasn't. `bounds` are those of gates of one comparison. */
export function slowBound(
  gates: readonly GateAssessment[],
  bounds: Readonly<Record<string, number>>,
): number | null {
  const proved = gates.filter(({ verdicts }) => verdicts.at(-1)?.verdict === 'fail')
  const own = proved.flatMap(({ gate, route, kind, part }) => {
    if (part?.warning === 'latency') return boundIn(route) ?? []
    return kind === 'latency' ? (bounds[gate] ?? []) : []
  })
  return own.length > 0 ? Math.max(...own) : null
}

/** The bound in the name of a part: `over 250 ms`. */
function boundIn(part: string | null): number | null {
  const bound = Number(/\d+(\.\d+)?/.exec(part ?? '')?.[0] ?? Number.NaN)
  return bound > 0 ? bound : null
}

/** That one version's sum calls a spike says nothing of the other: its own requests in that time do. */
function whoseOf(
  found: LatencySpike['whose'],
  counts: Record<SideName, Counts>,
  usual: Counts,
): Pick<LatencySpike, 'whose' | 'unclear'> {
  if (found === 'both') return { whose: 'both', unclear: false }
  const [one, other] = [counts[found], counts[found === 'canary' ? 'stable' : 'canary']]
  const halfway = (shareOf(usual) + shareOf(one)) / 2
  if (isUnlikely(other, halfway, 'below')) return { whose: found, unclear: false }
  if (isUnlikely(other, smoothed(usual), 'above')) return { whose: 'both', unclear: false }
  return { whose: found, unclear: true }
}

/** isUnlikely: so few, or so many, slow ones of all by chance, where `share` is slow: less often than once in 20 times. */
function isUnlikely(counts: Counts, share: number, side: 'below' | 'above'): boolean {
  const seen = shareOf(counts)
  const isThere = side === 'below' ? seen < share : seen > share
  return isThere && Math.exp(-counts.total * divergence(seen, share)) < 0.05
}

const shareOf = ({ total, bad }: Counts) => (total > 0 ? bad / total : 0)

/** Of few requests none may be slow although some are: the rule of succession. */
const smoothed = ({ total, bad }: Counts) => (bad + 1) / (total + 2)

function intervalsOf(polls: readonly Poll[]): Interval[] {
  const intervals: Interval[] = []
  let before: Poll | null = null
  for (const poll of polls) {
    if (poll.canary === null || poll.stable === null) continue
    if (before?.canary && before.stable) {
      intervals.push({
        from: before.t,
        until: poll.t,
        canary: countsSince(poll.canary, before.canary),
        stable: countsSince(poll.stable, before.stable),
      })
    }
    before = poll
  }
  return intervals
}

/** Watch is Page's sum of one version while its intervals are gone through. */
interface Watch {
  sum: number
  /** Start of the interval that the sum last rose from 0 in. */
  rose: number
  /** Intervals so far after which the sum was 0. */
  calm: number
  /** Ends of the intervals in which there were requests. */
  ends: number[]
  isOn: boolean
  /** The last spike: its end is where the evidence since it was called is largest, for the sum is bounded. */
  spike: { from: number; usual: Counts; last: number; climb: number; most: number } | null
}

/** Watches are those of both versions, and what stable showed while nothing rose. */
interface Watches extends Record<SideName, Watch> {
  usual: Counts
}

const still: Watch = { sum: 0, rose: 0, calm: 0, ends: [], isOn: false, spike: null }
const atFirst: Watches = { canary: still, stable: still, usual: { total: 0, bad: 0 } }

function watchedBoth({ canary, stable, usual }: Watches, interval: Interval): Watches {
  const isKnown = usual.total >= usualRequests
  const added = sumCounts([usual, interval.stable])
  const next = {
    canary: watched(canary, interval, 'canary', isKnown ? usual : added),
    stable: isKnown ? watched(stable, interval, 'stable', usual) : { ...stable, calm: stable.calm + 1 },
  }
  return { ...next, usual: next.stable.sum > 0 ? usual : added }
}

/** limitOf is the share of slow requests that a spike is above; the fewer requests were seen, the higher. */
function limitOf(usual: Counts): number {
  const share = smoothed(usual)
  return Math.min(0.9, Math.max(3 * share, share + 0.01))
}

/** watched takes one more interval of a version. */
function watched(watch: Watch, interval: Interval, side: SideName, usual: Counts): Watch {
  const { total, bad } = interval[side]
  if (total === 0 || usual.total < usualRequests) return watch
  const limit = limitOf(usual)
  const moved = (sum: number) => cusum(sum, total, Math.min(bad, total), limit, called, cap)
  const sum = moved(watch.sum)
  const rose = watch.sum === 0 && sum > 0 ? interval.from : watch.rose
  const last = watch.ends.length
  const next = { ...watch, sum, rose, ends: [...watch.ends, interval.until] }
  if (sum === 0) return { ...next, calm: watch.calm + 1, isOn: false }
  if (!watch.isOn) {
    const begins = sum >= called && watch.calm >= usualBefore
    const spike = { from: rose, usual, last, climb: 0, most: 0 }
    return { ...next, isOn: begins, spike: begins ? spike : watch.spike }
  }
  return { ...next, spike: watch.spike && climbed(watch.spike, moved(called) - called, last) }
}

function climbed(spike: NonNullable<Watch['spike']>, gained: number, last: number): Watch['spike'] {
  const climb = spike.climb + gained
  return climb >= spike.most ? { ...spike, climb, last, most: climb } : { ...spike, climb }
}

/** The last spike of a version; null where there was none. */
function spanOf({ spike, ends }: Watch): Span | null {
  if (spike === null) return null
  const goesOn = ends.length - 1 - spike.last < usualAfter
  return { from: spike.from, until: goesOn ? null : (ends[spike.last] as number), usual: spike.usual }
}

/** The later of two spans, and whose it is: of both where they overlap. */
function latest({
  canary,
  stable,
}: Record<SideName, Span | null>): [Span | null, LatencySpike['whose'] | null] {
  if (canary === null) return [stable, stable && 'stable']
  if (stable === null) return [canary, 'canary']
  const end = ({ until }: Span) => until ?? Number.POSITIVE_INFINITY
  const [first, second] = canary.from < stable.from ? [canary, stable] : [stable, canary]
  if (end(first) <= second.from) return [second, second === canary ? 'canary' : 'stable']
  const until = Math.max(end(first), end(second))
  return [{ ...first, until: Number.isFinite(until) ? until : null }, 'both']
}
