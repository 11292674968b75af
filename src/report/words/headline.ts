import type { Outcome } from '../../release/outcome/outcome.ts'
import { formatShare } from '../../release/text/figures.ts'
import { clip } from '../../release/text/plain-text.ts'
import { latestStep, type ReleaseView } from '../view/release-view.ts'
import { reasonWords, stepMark } from './steps.ts'

/** Headline is the verdict in one line. `text` holds outside text (versions, names, causes): escape it. */
interface Headline {
  sign: string
  text: string
  tone: 'good' | 'bad' | 'open' | 'running' | 'danger'
}

/** headline says how a release stands: what serves, at which share, and why. */
export function headline(view: ReleaseView): Headline {
  return view.outcome === null ? running(view) : ended(view, view.outcome)
}

function ended(view: ReleaseView, outcome: Outcome): Headline {
  const target = `${outcome.namespace}/${outcome.service}`
  const canary = outcome.canaryVersion ?? view.head?.canary ?? 'the canary'
  const cause = sentence(causeOf(view, outcome))
  if (outcome.reasonCode === 'nothing-to-do' && outcome.message !== '') {
    return { sign: '✅', tone: 'good', text: sentence(outcome.message) }
  }
  switch (outcome.result) {
    case 'promoted': {
      const text = `${canary} is serving all of ${target}`
      return outcome.reasonCode === 'all-steps-passed'
        ? { sign: '✅', tone: 'good', text }
        : { sign: '☑️', tone: 'open', text: `${text}: ${reasonWords(outcome.reasonCode)}` }
    }
    case 'initialized':
      return { sign: '✅', tone: 'good', text: `${canary} is serving all of ${target}, as its first version` }
    case 'already-promoted':
      return { sign: '✅', tone: 'good', text: `${canary} was already serving all of ${target}` }
    case 'rolled-back':
      return rolledBack(view, outcome, canary, target, cause)
    case 'paused':
      return {
        sign: '⏸️',
        tone: 'open',
        text: `${canary} is held at ${share(view, outcome)} of ${target}: ${cause}`,
      }
    case 'in-progress':
      return {
        sign: '🔄',
        tone: 'running',
        text: `${share(view, outcome)}: ${canary} of ${target}: ${cause}`,
      }
    case 'refused':
      return { sign: '⛔', tone: 'bad', text: `Nothing was changed in ${target}: ${cause}` }
    case 'unsafe':
      return {
        sign: '🛑',
        tone: 'danger',
        text: `${target}: a person must act: ${sentence(outcome.message)}`,
      }
    case 'ok':
      return { sign: '✅', tone: 'good', text: cause }
  }
}

function rolledBack(
  view: ReleaseView,
  outcome: Outcome,
  canary: string,
  target: string,
  cause: string,
): Headline {
  const stable = outcome.stableVersion ?? view.head?.stable
  const step = latestStep(view)
  const where = step === null ? '' : ` at ${formatShare(step.weight)}`
  const serves = stable ? `; ${stable} serves all of ${target}` : ''
  if (outcome.reasonCode === 'rolled-back-by-command' || outcome.reasonCode === 'aborted-by-command') {
    return { sign: '↩️', tone: 'open', text: `${canary} was rolled back${where}, as asked${serves}` }
  }
  return { sign: '↩️', tone: 'bad', text: `${canary} was rolled back${where}: ${cause}${serves}` }
}

function running(view: ReleaseView): Headline {
  const head = view.head
  const canary = head?.canary ?? 'The release'
  const target = head === null ? '' : ` of ${head.namespace}/${head.service}`
  const step = latestStep(view)
  const words = view.phase?.text
  if (step === null && head === null && view.phase !== null) {
    return { sign: '🔄', tone: 'running', text: sentence(view.phase.text) }
  }
  if (step === null) {
    return { sign: '🔄', tone: 'running', text: `${canary}${target}: ${sentence(words || 'getting ready')}` }
  }
  const place = `${formatShare(step.weight)}: ${canary}${target}`
  const mark = stepMark(step, view)
  if (step.end?.verdict === 'fail') {
    return { sign: '↩️', tone: 'bad', text: `${place} is being rolled back: ${sentence(mark.why)}` }
  }
  return { sign: '🔄', tone: 'running', text: `${place}: ${mark.word}, ${sentence(mark.why)}` }
}

// Where a verdict ended it, that step's figures; the outcome's message tells the rest below.
function causeOf(view: ReleaseView, outcome: Outcome): string {
  const step = latestStep(view)
  if (step?.end?.verdict === 'fail' && outcome.result === 'rolled-back') return stepMark(step, view).why
  if (outcome.result === 'refused' || outcome.result === 'ok')
    return outcome.message.split('\n', 1)[0] as string
  return reasonWords(outcome.reasonCode)
}

/** outcomeDetail gives what an outcome says beyond the headline; null where that has it all. */
export function outcomeDetail(view: ReleaseView): string | null {
  const { outcome } = view
  if (outcome === null || outcome.message === '' || outcome.result === 'unsafe') return null
  const all =
    outcome.result === 'refused' || outcome.result === 'ok' || outcome.reasonCode === 'nothing-to-do'
  if (all && !outcome.message.includes('\n')) return null
  return sentence(outcome.message) === headline(view).text ? null : outcome.message
}

function share(view: ReleaseView, outcome: Outcome): string {
  const weight = outcome.weight ?? latestStep(view)?.weight
  return weight === undefined ? 'an unknown share' : formatShare(weight)
}

function sentence(text: string): string {
  return clip(text.trim().replace(/\.$/, ''), 600)
}
