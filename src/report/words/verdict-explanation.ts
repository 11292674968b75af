import { formatDuration } from '../../release/text/duration.ts'
import { formatCount, formatPercent, formatPoints } from '../../release/text/figures.ts'
import type { Verdict } from '../../release/verdict.ts'
import { detailOf } from './events/infrastructure.ts'

/** What a verdict speaks of, where it isn't what `defaultWording` says. */
interface Wording {
  /** What makes a request bad, e.g. `failed` or `took over 500 ms`. */
  bad: string
  /** The absolute limit in force; null: none. */
  slo: number | null
  /** What a pass of this step rules out, 0–1; null: not said. */
  margin: number | null
  /** The release was promoted although this is no pass. */
  unproven: boolean
}

const defaultWording: Wording = { bad: 'failed', slo: null, margin: null, unproven: false }

/** explainVerdict says in one plain sentence, with the numbers, why the verdict is what it is. */
export function explainVerdict(verdict: Verdict, wording: Partial<Wording> = {}): string {
  if (verdict.gate === undefined) return sentenceOf(verdict, wording)
  const name = verdict.route === undefined ? verdict.gate : `${verdict.gate}, ${verdict.route}`
  return `gate ${name}: ${sentenceOf(verdict, wording)}`
}

function sentenceOf(verdict: Verdict, wording: Partial<Wording>): string {
  const words = { ...defaultWording, ...wording }
  const counts = compared(verdict, words.bad, words.slo)
  const detail = detailOf(verdict) ? `: ${detailOf(verdict)}` : ''
  if (words.unproven) return `${counts}: nothing speaks against it, and too little was counted for a pass.`
  const past = verdict.verdict === 'inconclusive' ? "; the step's time is up" : ''
  switch (verdict.reason) {
    case 'worse-than-stable':
      return `${counts}: worse, ${evidenceWords(verdict)}.`
    case 'over-limit': {
      const limit = words.slo === null ? 'its limit' : `the limit of ${formatPercent(words.slo)}`
      return `${counts}: the canary is over ${limit} and stable isn't, ${evidenceWords(verdict)}.`
    }
    case 'not-worse': {
      const claim = words.margin === null ? '' : `; ${resolutionSentence(words.margin)}`
      const below = words.slo === null ? '' : `; below the limit of ${formatPercent(words.slo)}`
      return `${counts}: not worse${claim}${below}.`
    }
    case 'no-data':
      return `Metrics unavailable: no usable counts of both versions have arrived for too long (${counts})${past}.`
    case 'no-traffic':
      return `No new requests to both versions for too long (${counts})${past}.`
    case 'shared-degradation':
      return `Stable itself is far above its normal rate, so nothing can be said about the canary (${counts})${past}.`
    case 'within-limits':
      return `Within its limits${detail}.`
    case 'outside-limits':
      return `Outside its limits${detail}.`
    case 'bad-data':
      return `What came is no number to judge by${detail}${past}.`
    case 'metrics-outage':
      return `It could not be asked${detail}${past}.`
    case 'metrics-partial':
      return `The answer was incomplete${detail}${past}.`
    case 'infrastructure':
      return `The nodes or proxies under the canary are degraded, so nothing can be said about the canary${detail} (${counts})${past}.`
    case 'suspicious':
      return `${counts}: it looks worse, ${evidenceWords(verdict)}, which is suspicion and not proof${past}.`
    case 'too-little-evidence':
      return `${counts}: neither proven worse nor proven good${past}${missing(verdict)}.`
    case 'min-duration':
      return verdict.needed === null
        ? `${counts}: good so far; this phase only watches, it can't pass.`
        : `${counts}: good so far; the step lasts ${seconds(verdict.needed.seconds)} more at least.`
    case 'collecting':
      return `${counts}: still collecting${missing(verdict)}.`
  }
}

/** resolutionSentence says what a pass proves; with `share` (0–1) it names the step. */
export function resolutionSentence(margin: number, share?: number): string {
  const at = share === undefined ? '' : ` at ${formatPercent(share)}`
  return `a pass${at} rules out a canary that fails ${formatPoints(margin)} more often`
}

function compared(verdict: Verdict, bad: string, slo: number | null): string {
  const { canary, stable } = verdict.numbers
  const detail = detailOf(verdict)
  // A gate with limits counts nothing: what it showed speaks.
  if (canary.total + stable.total === 0 && detail !== undefined) return detail
  const left = `canary ${ofRequests(canary.bad, canary.total)} requests ${bad}${rate(canary, slo)}`
  return `${left}, stable ${ofRequests(stable.bad, stable.total)}${rate(stable)}`
}

function ofRequests(bad: number, total: number): string {
  return `${formatCount(bad)} of ${formatCount(total)}`
}

function rate({ total, bad }: { total: number; bad: number }, limit: number | null = null): string {
  const against = limit === null ? '' : `, limit ${formatPercent(limit)}`
  return total > 0 ? ` (${formatPercent(bad / total)}${against})` : ''
}

/** evidenceWords gives the evidence of harm as a likelihood ratio, and what proves it, where that is known. */
function evidenceWords({ logAbort, logAbortNeeded }: Verdict): string {
  const needs = logAbortNeeded === undefined ? '' : ` (needs ${ratioText(logAbortNeeded)})`
  return `evidence ${ratioText(logAbort)}${needs}`
}

/** ratioText gives a likelihood ratio by its natural logarithm, `120:1`. Nobody can picture more than a million. */
export function ratioText(log: number): string {
  const ratio = Math.exp(Math.abs(log))
  const shown = ratio > 1e6 ? 'over 1,000,000' : formatCount(Number(twoDigits(ratio)))
  if (ratio < 10) return log >= 0 ? `${twoDigits(ratio)}:1` : `1:${twoDigits(ratio)}`
  return log >= 0 ? `${shown}:1` : `1:${shown}`
}

function missing({ needed }: Verdict): string {
  if (needed === null || (needed.requests === null && needed.seconds === 0)) return ''
  const parts: string[] = []
  if (needed.requests !== null && needed.requests > 0) {
    parts.push(`about ${formatCount(Number(twoDigits(needed.requests)))} more canary requests`)
  }
  if (needed.seconds > 0) parts.push(`${seconds(needed.seconds)} more`)
  return parts.length > 0 ? `; a good canary needs ${parts.join(' and ')} to pass` : ''
}

function seconds(value: number): string {
  return formatDuration(Math.round(value) * 1000)
}

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 2, useGrouping: false })

/** twoDigits keeps two significant digits, without exponent or separators. */
function twoDigits(value: number): string {
  return digits.format(value)
}
