import type { RecordEvent } from '../../../release/record/record.ts'
import { formatDuration } from '../../../release/text/duration.ts'
import {
  failureRate,
  formatCount,
  formatPercent,
  formatPoints,
  formatShare,
} from '../../../release/text/figures.ts'
import { oneLine } from '../../../release/text/plain-text.ts'
import { gateName } from '../../view/gate-view.ts'
import { originOf, releaseView } from '../../view/release-view.ts'
import { failureKindText, failureSpreadSentence } from '../failed-requests.ts'
import { latencySpikeSentences } from '../latency-spike.ts'
import { reasonWords, stepMark } from '../steps.ts'
import { detailOf } from './infrastructure.ts'
import { writeVerbs } from './write-verbs.ts'

/**
 * logLine says an event in one line of a log, or gives null where it decides nothing. With the events `before` it,
 * the engine's holds and continues are shown when they change; without, only holds. The line holds no
 * control characters.
 */
export function logLine(event: RecordEvent, before: readonly RecordEvent[] = []): string | null {
  const line = words(event, before)
  return line === null ? null : oneLine(line, 1000)
}

function words(event: RecordEvent, before: readonly RecordEvent[]): string | null {
  switch (event.type) {
    case 'release': {
      const way = [event.stable, event.canary].filter(Boolean).join(' → ')
      const verb = event.resumed ? 'goes on with' : 'begins'
      return `${event.command} ${verb} release ${event.id}: ${event.namespace}/${event.service} ${way} in ${event.cluster}`
    }
    case 'finding':
      if (event.finding.level !== 'warning' && event.finding.level !== 'error') return null
      return `check ${event.finding.id}: ${event.finding.level}: ${event.finding.text}${event.finding.remedy ? ` → ${event.finding.remedy}` : ''}`
    case 'baseline':
      return baselineWords(event)
    case 'step':
      return stepWords(event)
    case 'write':
      return `${writeVerbs[event.action]} ${event.object}: ${event.summary}`
    case 'infrastructure':
      return infrastructureWords(event, before)
    case 'settled':
      return settledWords(event)
    case 'verdict':
      return verdictWords(event, before)
    case 'step-end':
      return endWords(event, before)
    case 'latency-spike':
      return spikeWords(event, before)
    case 'slow-pods':
      return failureSpreadSentence(event.spread, 'slow requests')
    case 'failed-requests':
      return failuresWords(event)
    case 'command':
      return `command ${event.name} by ${event.by}`
    case 'warning':
      return `warning: ${event.text}`
    case 'phase':
      return `${event.phase}: ${event.text}`
    case 'outcome':
      return `${event.outcome.result} (${event.outcome.reasonCode}): ${event.outcome.message}`
    default:
      return null
  }
}

function baselineWords({
  rate,
  source,
  interval = 0,
  scrapeInterval,
}: Extract<RecordEvent, { type: 'baseline' }>): string {
  const requests = rate === null ? 'unknown' : `${Number(rate.toFixed(2))} a second`
  const lengthened =
    scrapeInterval === undefined
      ? ''
      : `; polled every ${formatDuration(interval)} rather than every ${formatDuration(scrapeInterval)}: stable's errors come in bursts that outlast a scrape`
  return `requests before the release: ${requests}; counted by ${source.reporter}${lengthened}`
}

function stepWords(event: Extract<RecordEvent, { type: 'step' }>): string {
  const claim = `a pass rules out a canary that fails ${formatPoints(event.margin)} more often`
  if (event.outOfReach)
    return `step ${event.step + 1}: ${formatShare(event.weight)}; traffic is too low for proof: ${claim}`
  const needs =
    event.requestsNeeded === null
      ? ''
      : `; needs about ${formatCount(Math.ceil(event.requestsNeeded))} canary requests`
  const time =
    event.secondsNeeded === null ? '' : `, ${formatDuration(Math.round(event.secondsNeeded) * 1000)}`
  return `step ${event.step + 1}: ${formatShare(event.weight)}; ${claim}${needs}${time}`
}

function settledWords(event: Extract<RecordEvent, { type: 'settled' }>): string {
  const seen =
    event.canary === null || event.total === null || event.total === 0
      ? 'share not seen yet'
      : `the canary got ${formatPercent(event.canary / event.total)} of ${formatCount(event.total)} requests`
  return `step ${event.step + 1}: settled at ${formatShare(event.weight)} (${event.seen}): ${seen}`
}

// In the step's own figures, where what came before is known.
function endWords(event: Extract<RecordEvent, { type: 'step-end' }>, before: readonly RecordEvent[]): string {
  const view = releaseView([...before, event])
  const step = view.steps.find((candidate) => candidate.step === event.step)
  if (step === undefined)
    return `step ${event.step + 1}: ${event.verdict}: ${event.text || reasonWords(event.reason)}`
  const mark = stepMark(step, view)
  return `step ${event.step + 1}: ${mark.word}: ${mark.why}`
}

function verdictWords(
  event: Extract<RecordEvent, { type: 'verdict' }>,
  before: readonly RecordEvent[],
): string | null {
  const { verdict, reason, numbers, gate, route } = event.verdict
  // The end of a step follows at once and says it better.
  if (verdict !== 'continue' && verdict !== 'hold') return null
  const last = before.findLast((earlier) => earlier.type === 'verdict' && earlier.step === event.step)
  if (last?.type === 'verdict') {
    const same = last.verdict.verdict === verdict && last.verdict.reason === reason
    if (same && last.verdict.gate === gate && last.verdict.route === route) return null
  } else if (verdict === 'continue' && before.length === 0) return null
  const name = gate === undefined ? '' : `gate ${gateName({ gate, route: route ?? null })}: `
  const head = `step ${event.step + 1}: ${verdict}: ${name}${reasonWords(reason)}`
  if (numbers.canary.total + numbers.stable.total === 0) {
    const detail = detailOf(event.verdict)
    return detail ? `${head}; ${detail}` : head
  }
  const bad = gate === undefined ? 'failed' : 'bad'
  const rates = (['canary', 'stable'] as const).map((side) => {
    const rate = failureRate(numbers[side])
    return `${side} ${formatCount(numbers[side].bad)} of ${formatCount(numbers[side].total)} ${bad}${rate === null ? '' : ` (${formatPercent(rate)})`}`
  })
  return `${head}; ${rates.join(', ')}`
}

type SpikeEvent = Extract<RecordEvent, { type: 'latency-spike' }>

/** Seconds that a spike which is not the canary's alone lasts before the log speaks of it; reports always do. */
const longSpike = 60

/** A spike is said when it is found and when it is over, not again while it lasts. */
function spikeWords(event: SpikeEvent, before: readonly RecordEvent[]): string | null {
  const startedAt = originOf([...before, event]) ?? Date.parse(event.at) - event.from * 1000
  const isWorthIt = ({ whose, from, until, at }: SpikeEvent) =>
    whose === 'canary' || (until ?? (Date.parse(at) - startedAt) / 1000) - from >= longSpike
  if (!isWorthIt(event)) return null
  const known = before.findLast((other) => other.type === 'latency-spike' && isWorthIt(other)) as
    | SpikeEvent
    | undefined
  if (event.until === null && known?.until === null) return null
  return latencySpikeSentences(event, startedAt)
}

function failuresWords({ kinds, spread }: Extract<RecordEvent, { type: 'failed-requests' }>): string | null {
  const sides = (['canary', 'stable'] as const).filter((side) => kinds[side].length > 0)
  if (sides.length === 0) return null
  const shown = sides.map((side) => `${side} ${kinds[side].map(failureKindText).join('; ')}`)
  const where = spread === null ? '' : `. ${failureSpreadSentence(spread)}`
  return `failed requests, the commonest: ${shown.join(' | ')}${where}`
}

// Trouble is shown once while it lasts.
function infrastructureWords(
  event: Extract<RecordEvent, { type: 'infrastructure' }>,
  before: readonly RecordEvent[],
): string | null {
  const last = before.findLast((earlier) => earlier.type === 'infrastructure')
  const since = last?.type === 'infrastructure' ? event.t - last.t : Number.POSITIVE_INFINITY
  return since <= 60 ? null : `infrastructure: ${event.text}`
}
