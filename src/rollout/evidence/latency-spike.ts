import type { Counts, Poll } from '../../release/evidence/counts.ts'
import type { LatencySpike } from '../../release/evidence/latency-spike.ts'
import type { SideName } from '../../release/gates.ts'
import { cusum } from '../../verdict/engine/cusum.ts'
import type { GateAssessment } from './gate-assessed.ts'

/** Page's sum that calls a spike: ln(1/0.001). */
const called = Math.log(1000)
/** Part of it that one poll may add: no single poll is a spike. */
const cap = 0.55
/** Polls that must have been usual before: a version that is slow from its start has no spike. */
const usualBefore = 2

/** As many that are usual again end it. */
const usualAfter = 3

/** Interval is what both versions answered between two polls. */
interface Interval extends Record<SideName, Counts> {
  from: number
  until: number
}

/** Span is a time in which a version was slow; `until` null: it goes on. */
interface Span {
  from: number
  until: number | null
}

/**
 * latencySpike finds the last time in which far more requests than usual took longer than the highest of the compared
 * bounds: by Page's sums of each version against three times the usual share, and a point more, of stable's requests
 * (Page 1954). Null where there was none. `usual` is the median over the polls, so that a spike doesn't raise it.
 */
export function latencySpike(gates: readonly GateAssessment[]): Omit<LatencySpike, 'spread'> | null {
  const slow = gates.findLast(({ part }) => part?.warning === 'latency')
  const bound = Number(/\d+(\.\d+)?/.exec(slow?.route ?? '')?.[0] ?? Number.NaN)
  if (slow === undefined || !(bound > 0)) return null
  const intervals = intervalsOf(slow.polls)
  const usual = medianShare(intervals)
  if (usual === null) return null
  const limit = Math.min(0.9, Math.max(3 * usual, usual + 0.01))
  const spans = {
    canary: lastSpan(intervals, 'canary', limit),
    stable: lastSpan(intervals, 'stable', limit),
  }
  const [span, whose] = latest(spans)
  if (span === null || whose === null) return null
  const within = intervals.filter(
    ({ from, until }) => from >= span.from && until <= (span.until ?? Number.POSITIVE_INFINITY),
  )
  const counts = { canary: sumOf(within, 'canary'), stable: sumOf(within, 'stable') }
  return { bound, ...span, whose, counts, usual }
}

function intervalsOf(polls: readonly Poll[]): Interval[] {
  const intervals: Interval[] = []
  let before: Poll | null = null
  for (const poll of polls) {
    if (poll.canary === null || poll.stable === null) continue
    if (before?.canary && before.stable) {
      const gained = (now: Counts, then: Counts): Counts => ({
        total: Math.max(0, now.total - then.total),
        bad: Math.max(0, now.bad - then.bad),
      })
      intervals.push({
        from: before.t,
        until: poll.t,
        canary: gained(poll.canary, before.canary),
        stable: gained(poll.stable, before.stable),
      })
    }
    before = poll
  }
  return intervals
}

function medianShare(intervals: readonly Interval[]): number | null {
  const shares = intervals
    .filter(({ stable }) => stable.total > 0)
    .map(({ stable }) => stable.bad / stable.total)
    .sort((a, b) => a - b)
  return shares[Math.floor((shares.length - 1) / 2)] ?? null
}

/** Watch is Page's sum of one version while its intervals are gone through. */
interface Watch {
  sum: number
  /** Start of the interval that the sum last rose from 0 in. */
  rose: number
  /** Intervals so far after which the sum was 0. */
  usual: number
  isOn: boolean
  /** The last spike: the interval of its end is where the evidence since it was called is largest, for the sum is bounded. */
  spike: { from: number; last: number; climb: number; most: number } | null
}

/** lastSpan gives the last spike of a version; null where there was none. */
function lastSpan(intervals: readonly Interval[], side: SideName, limit: number): Span | null {
  const own = intervals.filter((interval) => interval[side].total > 0)
  const start: Watch = { sum: 0, rose: 0, usual: 0, isOn: false, spike: null }
  const { spike } = own.reduce((watch, interval, place) => {
    const { total, bad } = interval[side]
    const moved = (sum: number) => cusum(sum, total, Math.min(bad, total), limit, called, cap)
    return watched(watch, moved, { place, from: interval.from })
  }, start)
  if (spike === null) return null
  const goesOn = own.length - 1 - spike.last < usualAfter
  return { from: spike.from, until: goesOn ? null : (own[spike.last] as Interval).until }
}

/** watched takes one more interval; `moved` moves a sum by it. */
function watched(
  watch: Watch,
  moved: (sum: number) => number,
  { place, from }: { place: number; from: number },
): Watch {
  const sum = moved(watch.sum)
  const rose = watch.sum === 0 && sum > 0 ? from : watch.rose
  if (sum === 0) return { ...watch, sum, rose, usual: watch.usual + 1, isOn: false }
  if (!watch.isOn) {
    const begins = sum >= called && watch.usual >= usualBefore
    const spike = begins ? { from: rose, last: place, climb: 0, most: 0 } : watch.spike
    return { ...watch, sum, rose, isOn: begins, spike }
  }
  return { ...watch, sum, rose, spike: watch.spike && climbed(watch.spike, moved(called) - called, place) }
}

function climbed(spike: NonNullable<Watch['spike']>, gained: number, place: number): Watch['spike'] {
  const climb = spike.climb + gained
  return climb >= spike.most ? { ...spike, climb, last: place, most: climb } : { ...spike, climb }
}

/** The later of two spans, and whose it is: of both where they overlap. */
function latest({
  canary,
  stable,
}: Record<SideName, Span | null>): [Span | null, LatencySpike['whose'] | null] {
  if (canary === null || stable === null) {
    const whose = canary !== null ? 'canary' : stable !== null ? 'stable' : null
    return [canary ?? stable, whose]
  }
  const end = ({ until }: Span) => until ?? Number.POSITIVE_INFINITY
  if (canary.from < end(stable) && stable.from < end(canary)) {
    const until = canary.until === null || stable.until === null ? null : Math.max(canary.until, stable.until)
    return [{ from: Math.min(canary.from, stable.from), until }, 'both']
  }
  return canary.from > stable.from ? [canary, 'canary'] : [stable, 'stable']
}

function sumOf(intervals: readonly Interval[], side: SideName): Counts {
  return intervals.reduce(
    (sum, { [side]: { total, bad } }) => ({ total: sum.total + total, bad: sum.bad + bad }),
    { total: 0, bad: 0 },
  )
}
