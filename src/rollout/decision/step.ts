import type { DecisionCause } from '../../release/outcome/cause.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { StepState } from '../../release/state/state.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { Verdict } from '../../release/verdict.ts'
import { stepCounts } from '../evidence/step-counts.ts'
import { currentStep } from '../state/transitions.ts'
import type { Decision, DecisionInput, Outage } from './decision-input.ts'
import { leave, leaveForExcess, shiftWhenReady } from './exits.ts'

/** StepView is the step in force after a poll. */
interface StepView {
  entry: StepState & { timerStart: number }
  verdict: Verdict
  /** ms between the start of the step's timer and the last poll. */
  age: number
  /** Why the last poll showed nothing that may be judged; null: it was seen. */
  blind: Outage | null
}

/** observeStep decides after each poll of a step whose timer runs: wait, go on, or end it. */
export function observeStep(input: DecisionInput): Decision {
  if (input.excessShare) return leaveForExcess(input, input.excessShare)
  const view = stepView(input)
  if (view === null) return { do: 'wait', why: 'no-poll' }
  if (view.entry.weight >= 100) return finalStep(input, view)
  const { entry, verdict, age, blind } = view
  if (blind !== null) {
    const timeUp = verdict.verdict === 'inconclusive' || age >= input.settings.stepTimeout
    return timeUp
      ? inconclusive(input, blind.reason, view, failureCause(blind))
      : { do: 'wait', why: blind.reason }
  }
  if (verdict.verdict === 'pass') {
    const lost = requestsAreLost(input)
    if (lost === null)
      return shiftWhenReady(input, input.state.step + 1, verdict, shiftDeadline(input, entry))
    return age >= input.settings.stepTimeout
      ? inconclusive(input, 'suspicious', { ...view, verdict: lost }, lostCause(lost))
      : { do: 'wait', why: 'suspicious' }
  }
  if (verdict.verdict === 'inconclusive') return inconclusive(input, verdict.reason as ReasonCode, view)
  return { do: 'wait', why: verdict.reason }
}

/** requestsAreLost gives the guard's verdict while it leans against the release: what nobody answered is in no count of a version. */
function requestsAreLost({ assessment }: DecisionInput): Verdict | null {
  const guard = assessment?.guard ?? null
  return guard?.reason === 'suspicious' ? guard : null
}

function lostCause({ numbers }: Verdict): DecisionCause {
  const { bad, total } = numbers.canary
  return { kind: 'requests-lost', lost: bad, total }
}

function failureCause({ sentence, gate }: Outage): DecisionCause | null {
  if (sentence === null) return null
  return gate === undefined ? { kind: 'failure', sentence } : { kind: 'gate-failure', gate, sentence }
}

function stepView({ state, assessment, outage, gateOutage }: DecisionInput): StepView | null {
  const entry = currentStep(state)
  const verdict = assessment?.verdict ?? null
  if (!entry || entry.timerStart === null || !verdict || !assessment) return null
  const age = state.startedAt + assessment.t * 1000 - entry.timerStart
  if (age < 0) return null
  const { timerStart } = entry
  return {
    entry: { ...entry, timerStart },
    verdict,
    age,
    blind: outage ?? (assessment.blind ? (gateOutage ?? unseen) : blindness(verdict, gateOutage)),
  }
}

const unseen: Outage = { reason: 'no-data', sentence: null }

/** A gate without a number to judge by is as blind as one whose source is silent. */
function blindness({ reason }: Verdict, gateOutage: Outage | undefined): Outage | null {
  const isBlind = (blindReasons as readonly string[]).includes(reason)
  if (!isBlind) return null
  return gateOutage?.reason === reason ? gateOutage : { reason: reason as ReasonCode, sentence: null }
}

const blindReasons = ['no-data', 'metrics-outage', 'metrics-partial', 'bad-data'] as const

/** Reasons that lean against the canary, or say that nobody can tell now. */
const leaning: readonly string[] = ['suspicious', 'shared-degradation', 'infrastructure']

/**
 * At 100% no stable traffic is left to compare with. A pass ends it; else, when its time is over, requests that were
 * counted there with nothing against them do, said to be no proof. Blind, it never ends well.
 */
function finalStep(input: DecisionInput, view: StepView): Decision {
  const { settings, state } = input
  const { verdict, age, blind } = view
  const timeUp = age >= Math.max(settings.finalDuration, settings.stepTimeout)
  if (blind !== null) {
    const cause = { kind: 'no-counts' as const, sentence: blind.sentence }
    return timeUp ? { do: 'pause', reason: blind.reason, cause, verdict } : { do: 'wait', why: blind.reason }
  }
  const lost = requestsAreLost(input)
  if (lost === null && verdict.verdict === 'pass') return promoteFrom(input, 'all-steps-passed', verdict)
  if (lost !== null || leaning.includes(verdict.reason)) {
    const against = lost ?? verdict
    return timeUp
      ? inconclusive(
          input,
          against.reason as ReasonCode,
          { ...view, verdict: against },
          lost && lostCause(lost),
        )
      : { do: 'wait', why: against.reason }
  }
  if (age < settings.finalDuration) return { do: 'wait', why: verdict.reason }
  const { canary } = stepCounts(state, input.assessment?.polls ?? [])
  if (canary.total > 0) return promoteFrom(input, 'promoted-unproven', verdict)
  if (!timeUp) return { do: 'wait', why: 'no-traffic' }
  return silent(input, verdict)
}

/** The source answers, and there was not one request at 100%. */
function silent(input: DecisionInput, verdict: Verdict): Decision {
  const goesOn = takeoverOf(input.state) !== null || input.settings.onInconclusive === 'promote'
  if (input.state.stable === null || goesOn) return promoteFrom(input, 'promoted-unproven', verdict)
  return { do: 'pause', reason: 'no-traffic', cause: { kind: 'no-requests' }, verdict }
}

function promoteFrom({ state }: DecisionInput, reason: ReasonCode, verdict: Verdict): Decision {
  return { do: 'promote', reason: state.stable === null ? 'initialized' : reason, cause: null, verdict }
}

function inconclusive(
  input: DecisionInput,
  reason: ReasonCode,
  { entry, verdict }: StepView,
  cause: DecisionCause | null = null,
): Decision {
  const { state, settings } = input
  if (state.stable === null) return leave(input, reason, cause, verdict)
  // Only too little evidence from a source that answers may be waved through: suspicion is never a pass.
  const tooLittle = reason === 'too-little-evidence' || reason === 'no-traffic'
  // What takes the traffic over runs what every step has passed already.
  const goesOn = takeoverOf(state) !== null || settings.onInconclusive === 'promote'
  if (settings.onInconclusive === 'hold' && !(goesOn && tooLittle))
    return { do: 'pause', reason, cause, verdict }
  if (goesOn && tooLittle) {
    return entry.weight >= 100
      ? promoteFrom(input, 'promoted-unproven', verdict)
      : shiftWhenReady(input, state.step + 1, verdict, shiftDeadline(input, entry))
  }
  return leave(input, reason, cause, verdict)
}

function shiftDeadline({ settings }: DecisionInput, { timerStart }: StepView['entry']): number {
  return timerStart + settings.stepTimeout + settings.capacityTimeout
}
