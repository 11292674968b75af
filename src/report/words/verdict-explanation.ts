import type { Verdict } from '../../release/verdict.ts'

/** What a verdict speaks of, where it isn't what `defaultWording` says. */
interface Wording {
  /** What makes a request bad, e.g. `failed` or `took over 500 ms`. */
  bad: string
  /** The absolute limit in force; null: none. */
  slo: number | null
  /** What a pass of this step rules out, 0–1; null: not said. */
  margin: number | null
}

const defaultWording: Wording = { bad: 'failed', slo: null, margin: null }

/** explainVerdict says in one plain sentence, with the numbers, why the verdict is what it is. */
export function explainVerdict(verdict: Verdict, wording: Partial<Wording> = {}): string {
  if (verdict.gate === undefined) return sentenceOf(verdict, wording)
  const name = verdict.route === undefined ? verdict.gate : `${verdict.gate}, ${verdict.route}`
  return `gate ${name}: ${sentenceOf(verdict, wording)}`
}

function sentenceOf(verdict: Verdict, wording: Partial<Wording>): string {
  const words = { ...defaultWording, ...wording }
  const arms = compared(verdict, words.bad)
  const told = ({ detail }: Verdict) => (detail === undefined || detail === '' ? '' : `: ${detail}`)
  const past = verdict.verdict === 'inconclusive' ? "; the step's time is up" : ''
  switch (verdict.reason) {
    case 'worse-than-stable':
      return `${arms}: worse, ${odds(verdict.logAbort)}.`
    case 'over-limit': {
      const limit = words.slo === null ? 'its limit' : `the limit of ${percent(words.slo)}`
      return `${arms}: the canary is over ${limit} and stable isn't, ${odds(verdict.logAbort)}.`
    }
    case 'not-worse': {
      const claim = words.margin === null ? '' : `; ${resolutionSentence(words.margin)}`
      return `${arms}: not worse${claim}.`
    }
    case 'unreached':
      return `More requests than before the release reach no pod at all while the canary has traffic (${arms}).`
    case 'no-data':
      return `Blind: no usable counts of both versions have arrived for too long (${arms})${past}.`
    case 'no-traffic':
      return `No new requests to both versions for too long (${arms})${past}.`
    case 'shared-degradation':
      return `Stable itself is far above its normal rate, so the canary can't be blamed (${arms})${past}.`
    case 'within-limits':
      return `Within its limits${told(verdict)}.`
    case 'outside-limits':
      return `Outside its limits${told(verdict)}.`
    case 'bad-data':
      return `What came is no number to judge by${told(verdict)}${past}.`
    case 'metrics-outage':
      return `It could not be asked${told(verdict)}${past}.`
    case 'infrastructure':
      return `The nodes or proxies under the canary are degraded, so it can't be blamed${told(verdict)} (${arms})${past}.`
    case 'suspicious':
      return `${arms}: it looks worse, ${odds(verdict.logAbort)}, which is suspicion and not proof${past}.`
    case 'too-little-evidence':
      return `${arms}: neither proven worse nor proven good${past}${missing(verdict)}.`
    case 'min-duration':
      return verdict.needed === null
        ? `${arms}: good so far; this phase only watches, it can't pass.`
        : `${arms}: good so far; the step lasts ${seconds(verdict.needed.seconds)} more at least.`
    case 'collecting':
      return `${arms}: still collecting${missing(verdict)}.`
  }
}

/** resolutionSentence says what a pass proves; with `share` (0–1) it names the step. */
export function resolutionSentence(margin: number, share?: number): string {
  const at = share === undefined ? '' : ` at ${percent(share)}`
  return `a pass${at} rules out a canary that fails ${points(margin)} more often`
}

function compared({ numbers, detail }: Verdict, bad: string): string {
  const { canary, stable } = numbers
  // A gate with limits counts nothing: what it showed speaks.
  if (canary.total + stable.total === 0 && detail !== undefined) return detail
  const left = `canary ${ofRequests(canary.bad, canary.total)} requests ${bad}${rate(canary)}`
  return `${left}, stable ${ofRequests(stable.bad, stable.total)}${rate(stable)}`
}

function ofRequests(bad: number, total: number): string {
  return `${whole(bad)} of ${whole(total)}`
}

function rate({ total, bad }: { total: number; bad: number }): string {
  return total > 0 ? ` (${percent(bad / total)})` : ''
}

/** odds speaks of evidence as a bookmaker would; both sides of 1 : 1, and nobody can picture more than a million. */
function odds(log: number): string {
  const ratio = Math.exp(Math.abs(log))
  const shown = ratio > 1e6 ? 'over 1000000' : twoDigits(ratio)
  return log >= 0 ? `odds ${shown}:1` : `odds 1:${shown}`
}

function missing({ needed }: Verdict): string {
  if (needed === null || (needed.requests === null && needed.seconds === 0)) return ''
  const parts: string[] = []
  if (needed.requests !== null && needed.requests > 0) {
    parts.push(`about ${whole(Number(twoDigits(needed.requests)))} more canary requests`)
  }
  if (needed.seconds > 0) parts.push(`${seconds(needed.seconds)} more`)
  return parts.length > 0 ? `; a good canary needs ${parts.join(' and ')} to pass` : ''
}

function percent(share: number): string {
  return `${twoDigits(share * 100)}%`
}

function points(margin: number): string {
  const shown = twoDigits(margin * 100)
  return `${shown} ${shown === '1' ? 'point' : 'points'}`
}

function seconds(value: number): string {
  return `${whole(value)} s`
}

function whole(value: number): string {
  return String(Math.round(value))
}

const digits = new Intl.NumberFormat('en', { maximumSignificantDigits: 2, useGrouping: false })

/** twoDigits keeps two significant digits, without exponent or separators. */
function twoDigits(value: number): string {
  return digits.format(value)
}
