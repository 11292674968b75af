import { isReasonCode, type ReasonCode, reasonOf } from '../../release/outcome/reasons.ts'
import { formatDuration } from '../../release/text/duration.ts'
import {
  failureRate,
  formatCount,
  formatPercent,
  formatPoints,
  formatShare,
  plural,
} from '../../release/text/figures.ts'
import type { Verdict, VerdictReason } from '../../release/verdict.ts'
import { gateName, namedWords } from '../view/gate-view.ts'
import type { ReleaseView, StepView } from '../view/release-view.ts'
import { detailOf } from './events/infrastructure.ts'

/** What a verdict's reason says; those that a release can end for too have their words in the table of reasons. */
const verdictWords = {
  'not-worse': 'not worse than stable',
  'within-limits': 'within its limits',
  'min-duration': "the step's minimum duration is not over",
  collecting: 'collecting requests',
} as const satisfies Record<Exclude<VerdictReason, ReasonCode>, string>

/** reasonWords says a reason code in plain words; a code that it doesn't know stays as it is. */
export function reasonWords(code: string): string {
  if (isReasonCode(code)) return reasonOf(code).words
  return Object.hasOwn(verdictWords, code)
    ? verdictWords[code as keyof typeof verdictWords]
    : code.replaceAll('-', ' ')
}

/** foundStepText says of a step's end that a process before this one decided it. */
export const foundStepText = 'from the cluster'

/** StepMark is how a step stands: a sign, one word, and why. `why` may hold outside text. */
interface StepMark {
  sign: string
  word: string
  why: string
  tone: 'good' | 'bad' | 'open' | 'running'
}

const ends: Record<string, Omit<StepMark, 'why'>> = {
  pass: { sign: '✅', word: 'passed', tone: 'good' },
  fail: { sign: '❌', word: 'failed', tone: 'bad' },
  hold: { sign: '⏸️', word: 'held', tone: 'open' },
  inconclusive: { sign: '❔', word: 'inconclusive', tone: 'open' },
  continue: { sign: '⏹️', word: 'ended without verdict', tone: 'open' },
}

/** stepMark says how a step of a release stands. */
export function stepMark(step: StepView, view: Pick<ReleaseView, 'outcome' | 'steps' | 'phase'>): StepMark {
  const outcome = view.outcome
  if (step.end !== null) {
    const end = ends[step.end.verdict] ?? { sign: '⏹️', word: step.end.verdict, tone: 'open' as const }
    return { ...end, why: endWords(step, step.end, view) }
  }
  if (outcome?.result === 'ok')
    return { sign: '📋', word: 'planned', tone: 'running', why: 'nothing was written' }
  if (outcome !== null) {
    const why = step === view.steps.at(-1) ? reasonWords(outcome.reasonCode) : 'no verdict was recorded'
    return { sign: '⏹️', word: 'interrupted', tone: 'open', why }
  }
  return runningMark(step, view.phase)
}

function runningMark(step: StepView, phase: ReleaseView['phase']): StepMark {
  if (phase?.phase === 'waiting-for-pods' && Date.parse(phase.at) > step.startedAt) {
    return { sign: '⏳', word: 'waiting', tone: 'running', why: phase.text }
  }
  if (step.clockStart === null) {
    return {
      sign: '🔄',
      word: 'settling',
      tone: 'running',
      why: 'waiting until the proxies have the weights',
    }
  }
  const latest = step.latest
  if (latest === null) return { sign: '🔄', word: 'running', tone: 'running', why: 'no poll was judged yet' }
  const held = latest.verdict === 'hold'
  return {
    sign: held ? '⏸️' : '🔄',
    word: held ? 'holding' : 'running',
    tone: held ? 'open' : 'running',
    why: `${namePart(latest)}${reasonWords(latest.reason)}${neededWords(latest.needed)}`,
  }
}

// What the record says of an end, in the step's own figures. A release that ended for another reason than the last
// step's verdict says its own.
function endWords(
  step: StepView,
  end: NonNullable<StepView['end']>,
  { outcome, steps }: Pick<ReleaseView, 'outcome' | 'steps'>,
): string {
  const last = step === steps.at(-1)
  const own = outcome !== null && last && end.verdict !== 'pass' ? outcome.reasonCode : end.reason
  const words = namedEnd(step, end) ?? stepVerdictWords(step, own)
  return end.text === '' || end.text === words ? words : `${words}; ${end.text}`
}

// What a named gate showed is not in the step's counts of failed requests.
function namedEnd(step: StepView, end: NonNullable<StepView['end']>): string | null {
  const { latest } = step
  if (latest === null || latest.reason !== end.reason || end.verdict === 'pass') return null
  const named = namedWords(latest, step.gates)
  const detail = detailOf(latest)
  if (end.reason === 'infrastructure' && detail !== undefined) return `${reasonWords(end.reason)}: ${detail}`
  return named === null || end.verdict === 'fail' ? named : `${reasonWords(end.reason)}; ${named}`
}

function namePart({ gate, route }: Verdict): string {
  return gate === undefined ? '' : `gate ${gateName({ gate, route: route ?? null })}: `
}

function stepVerdictWords(step: StepView, reason: string): string {
  const canary = failureRate(step.canary)
  const stable = step.control ? failureRate(step.stable) : null
  if (reason === 'not-worse') {
    const against = step.control ? 'stable' : 'stable did before'
    return `rules out failing ${formatPoints(step.margin)} more often than ${against}`
  }
  if (canary === null) return reasonWords(reason)
  const rate = `fails ${formatPercent(canary)} of its requests`
  if (reason === 'worse-than-stable') {
    if (stable === null) return `${rate}: more than stable did before`
    return `${rate} where stable fails ${stable === 0 ? 'none' : formatPercent(stable)}`
  }
  if (reason === 'over-limit') return `${rate}: more than the limit`
  if (reason === 'too-little-evidence') {
    return `${plural(step.canary?.total ?? 0, 'canary request')} in the step's time were not enough to tell`
  }
  return reasonWords(reason)
}

function neededWords(needed: Verdict['needed']): string {
  if (needed === null) return ''
  const parts: string[] = []
  if (needed.requests !== null && needed.requests > 0) {
    parts.push(`${plural(Math.ceil(needed.requests), 'canary request')} to go`)
  }
  if (needed.seconds > 0) parts.push(`at least ${formatDuration(Math.ceil(needed.seconds) * 1000)} more`)
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`
}

/** detectionLimitWords says what a pass of a step rules out, and how many requests that takes, in one sentence. */
export function detectionLimitWords(step: StepView): string {
  const against = step.control ? 'than stable' : 'than stable did before this step'
  const claim = `a pass rules out a canary that fails ${formatPoints(step.margin)} more often ${against}`
  const share = formatShare(step.weight)
  if (step.outOfReach) {
    return `At ${share}, ${claim}; today's traffic is too low to prove it within the step's time.`
  }
  if (step.requestsNeeded === null) return `At ${share}, ${claim}.`
  const seconds =
    step.secondsNeeded === null ? '' : `, about ${formatDuration(Math.round(step.secondsNeeded) * 1000)}`
  const needs = `about ${formatCount(Math.ceil(step.requestsNeeded))} canary requests`
  return `At ${share}, ${claim}; a good one needs ${needs}${seconds}.`
}

/** settledShareWords says how the share compared with the target when a step settled, where it wasn't as asked; else null. */
export function settledShareWords(step: StepView): string | null {
  if (step.seen === 'lower') return 'below target when it settled'
  if (step.seen === 'higher') return 'above target when it settled'
  if (step.seen === 'unknown') return 'unknown when it settled'
  return null
}
