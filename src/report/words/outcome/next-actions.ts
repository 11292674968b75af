import type { Outcome } from '../../../release/outcome/outcome.ts'
import { type ReasonCode, reasonOf } from '../../../release/outcome/reasons.ts'
import { commandLine, type TargetName } from '../../../release/text/command-line.ts'
import { decidingGate } from '../../view/gate-view.ts'
import type { ReleaseView } from '../../view/release-view.ts'
import { placeAdvice } from '../failed-requests.ts'

/** NextAction is a command that runs as pasted, and what it does. */
interface NextAction {
  /** Completes "To …:". */
  purpose: string
  command: string
}

/** NextActions is what a reader can do now. */
interface NextActions {
  title: string
  /** What to do about the cause, in whole sentences; null where there is none yet. May hold outside text: escape it. */
  advice: string | null
  actions: NextAction[]
}

type Ending = Pick<Outcome, 'result' | 'reasonCode'>

/**
 * nextActionsOf gives what can be done about a release that ended so, or that still runs (null): the only source of
 * next steps. The advice is the reason's own, or that of a known `cause` of failures; the commands are those that the state of the release takes.
 */
function nextActionsOf(target: TargetName, ending: Ending | null, cause: string | null): NextActions | null {
  const action = (name: string, purpose: string): NextAction => ({
    purpose,
    command: commandLine(name, target),
  })
  const advice = ending === null ? null : adviceOn(ending.reasonCode, cause)
  const abort = action('abort', 'put all traffic back on the stable version')
  switch (ending?.result) {
    case undefined:
      return {
        title: 'Roll back',
        advice,
        actions: [
          action('abort', 'put all traffic back on the stable version now, without waiting for a verdict'),
          action('pause', 'hold it at its share'),
        ],
      }
    case 'in-progress':
      return { title: 'Next', advice, actions: [action('status', 'see where it stands'), abort] }
    case 'paused':
      return {
        title: 'Next',
        advice,
        actions: [
          action('resume', 'go on, with prometheus-url and the configuration that it began with'),
          abort,
        ],
      }
    case 'promoted':
      return {
        title: 'Roll back',
        advice,
        actions: [
          action('rollback', 'put all traffic back on the previous version at once, without analysis'),
        ],
      }
    case 'unsafe':
      return {
        title: 'A person must act',
        advice,
        actions: [action('status', 'see where traffic stands'), abort],
      }
    case 'rolled-back':
    case 'refused':
      return { title: 'Next', advice, actions: [] }
    case 'initialized':
    case 'already-promoted':
    case 'ok':
      return null
  }
}

/** Reasons whose own advice is to look for the cause of failures. */
const ofFailures: readonly ReasonCode[] = ['worse-than-stable', 'over-limit', 'suspicious']

function adviceOn(reason: ReasonCode, cause: string | null): string {
  return cause !== null && ofFailures.includes(reason) ? cause : reasonOf(reason).nextStep
}

type Known = Pick<ReleaseView, 'head' | 'outcome' | 'steps' | 'failures' | 'slowPods'>

/** What to do about what was proved, where more is known of it than its reason; null where not. May hold outside text. */
function causeAdvice({ steps, failures, slowPods }: Known): string | null {
  const gate = decidingGate(steps)
  switch (gate?.kind) {
    case undefined:
      return placeAdvice(failures?.spread ?? null)
    case 'latency':
    case 'latency-profile':
      return (
        placeAdvice(slowPods?.spread ?? null, 'slow requests') ??
        "Look at why the canary's requests take longer, fix it and release the fix."
      )
    case 'profile':
      return 'Look at why the canary answers otherwise, fix it and release the fix.'
    default:
      return `Look at what gate ${gate?.gate} counts, fix the canary and release the fix.`
  }
}

/** nextActions gives what a reader of the report can do; null where nothing helps or no target is known. */
export function nextActions(view: Known): NextActions | null {
  const { head, outcome } = view
  const namespace = head?.namespace ?? outcome?.namespace
  const service = head?.service ?? outcome?.service
  return namespace && service ? nextActionsOf({ namespace, service }, outcome, causeAdvice(view)) : null
}
