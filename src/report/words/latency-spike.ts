import type { FailureSpread } from '../../release/evidence/failed-requests.ts'
import type { LatencySpike } from '../../release/evidence/latency-spike.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { failureRate, formatCount, formatPercent } from '../../release/text/figures.ts'
import { failureSpreadSentence } from './failed-requests.ts'

function whoseSentence({ whose, unclear, counts }: LatencySpike): string {
  if (whose === 'both') return 'Both versions were hit: it is not the canary.'
  const [one, other] =
    whose === 'canary' ? (["the canary's", 'stable'] as const) : (["stable's", 'canary'] as const)
  if (!unclear) return `It is ${one} alone.`
  const { total } = counts[other]
  const name = other === 'canary' ? 'the canary' : 'stable'
  return `It is ${one}; ${name} had too few requests (${formatCount(total)}) to tell whether it was hit too.`
}

/** slowSentences says of slow requests what is known beside their counts; none where nothing is. Outside text: escape it. */
export function slowSentences({
  spike,
  slowPods,
  startedAt,
}: {
  spike: LatencySpike | null
  slowPods: { spread: FailureSpread } | null
  startedAt: number
}): string[] {
  return [
    ...(spike === null ? [] : [latencySpikeSentences(spike, startedAt)]),
    ...(slowPods === null ? [] : [failureSpreadSentence(slowPods.spread, 'slow requests')]),
  ]
}

/**
 * latencySpikeSentences says when latency rose, how many requests it touched and whose it is. `startedAt` is the
 * release's start, ms since the epoch. Outside text: escape it.
 */
export function latencySpikeSentences(spike: LatencySpike, startedAt: number): string {
  const { bound, from, until, counts, usual, spread } = spike
  const moment = (t: number) => `${new Date(startedAt + t * 1000).toISOString().slice(11, 19)} UTC`
  const began = `Latency rose at ${moment(from)}, ${formatDuration(from * 1000)} into the release`
  const lasted =
    until === null
      ? 'still so at the last look'
      : `until ${moment(until)} (${formatDuration((until - from) * 1000)})`
  const share = (side: 'canary' | 'stable') => {
    const { total, bad } = counts[side]
    const rate = failureRate(counts[side])
    return rate === null ? 'none' : `${formatPercent(rate)} (${formatCount(bad)} of ${formatCount(total)})`
  }
  const touched = `of the canary's requests ${share('canary')}, of stable's ${share('stable')} took over ${bound} ms, usually ${formatPercent(usual)}`
  const where = spread === null ? '' : ` ${failureSpreadSentence(spread, 'slow requests')}`
  return `${began}, ${lasted}: ${touched}. ${whoseSentence(spike)}${where}`
}
