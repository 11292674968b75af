import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { rollsBack } from '../../release/state/phases.ts'
import { nextPreTrafficPhase, preTrafficEnd } from '../state/pre-traffic-phase.ts'
import { podsLost, podsNeeded } from './capacity.ts'
import type { Decision, DecisionInput } from './decision-input.ts'
import { decideOnDrift } from './drift.ts'
import { leave, leaveForExcess, scaleUp, shiftWhenReady } from './exits.ts'
import { observeStep } from './step.ts'

/**
 * decide gives the next step of a release, a pure function of what is true now. Ways out come before ways on:
 * commands from people, lost pods, proof, drift; only then settling, verdicts and shifts.
 */
export function decide(input: DecisionInput): Decision {
  return (
    decideUrgent(input) ?? proven(input) ?? decideOnDrift(input) ?? promotionAwaited(input, onward(input))
  )
}

/**
 * decideUrgent gives what must be done whatever the counts say, and so without waiting for them; null where nothing
 * must: commands from people, what was half done, pods that were lost.
 */
export function decideUrgent(input: DecisionInput): Decision | null {
  return (
    unfinishedRollback(input) ??
    commanded(input) ??
    unmadeCanary(input) ??
    unfinishedShift(input) ??
    endangered(input)
  )
}

function onward(input: DecisionInput): Decision {
  if (input.state.phase === 'pinned') return firstShift(input)
  return input.state.phase === 'settling' ? settle(input) : observeStep(input)
}

function commanded(input: DecisionInput): Decision | null {
  const { command, state } = input
  if (!command) return null
  const cause = { kind: 'command' as const, command: command.name, by: command.by }
  if (command.name === 'abort' || command.name === 'supersede') {
    const reason = command.name === 'abort' ? 'aborted-by-command' : 'superseded'
    return state.stable === null ? null : { do: 'roll-back', reason, cause, verdict: null }
  }
  if (command.name === 'pause') return { do: 'pause', reason: 'paused-by-command', cause, verdict: null }
  if (podsForPromotion(input) !== null) return null
  return { do: 'promote', reason: 'promoted-by-command', cause, verdict: null }
}

/** podsForPromotion gives how many ready pods a promotion on request still waits for; null: it needs not wait. */
function podsForPromotion({ state, readiness, settings }: DecisionInput): number | null {
  const needed = podsNeeded(100, state.stableReady)
  const enough = settings.capacityCheck === 'wait' ? needed : 1
  return readiness.ready < enough ? needed : null
}

/** A promotion that waits for pods gets them made, where nothing ends the release meanwhile, and says what it waits for. */
function promotionAwaited(input: DecisionInput, decision: Decision): Decision {
  const { command } = input
  const needed = command?.name === 'promote' ? podsForPromotion(input) : null
  if (command === null || needed === null) return decision
  const more = waitsForPromotion(input, decision) ? scaleUp(input, 100) : null
  if (more !== null) return more
  if (decision.do !== 'wait') return decision
  const { ready, reasons } = input.readiness
  const cause = { kind: 'promotion-capacity' as const, by: command.by, needed, ready, reasons }
  return { do: 'wait-for-pods', cause }
}

/** The first requests of the canary can wait for all of its pods, up to the deadline of the first. */
function waitsForPromotion({ state, now }: DecisionInput, decision: Decision): boolean {
  switch (decision.do) {
    case 'wait':
    case 'wait-for-pods':
    case 'scale-canary':
      return true
    case 'shift':
    case 'start-pre-traffic':
      return state.weight <= 0 && state.deadline !== null && now < state.deadline
    default:
      return false
  }
}

/** Nothing else can be decided about a canary that is not all there. */
function unmadeCanary({ state }: DecisionInput): Decision | null {
  return state.phase === 'preparing' ? { do: 'make-canary' } : null
}

/** Some routes may have the step's weight already: pods that are gone meanwhile must not get the rest too. */
function unfinishedShift(input: DecisionInput): Decision | null {
  if (input.state.phase !== 'shifting') return null
  return input.readiness.ready === 0
    ? leave(input, 'pods-lost', podsLost(input.readiness, 1, null, input.now), null)
    : { do: 'complete-shift' }
}

/** Once traffic goes back no command sends it on: it was given before that was known. */
function unfinishedRollback({ state }: DecisionInput): Decision | null {
  if (!rollsBack(state.phase)) return null
  const cause = { kind: 'unfinished-roll-back' as const }
  return { do: 'roll-back', reason: state.reason as ReasonCode, cause, verdict: null }
}

function endangered(input: DecisionInput): Decision | null {
  const { state, readiness } = input
  if (state.preTraffic && readiness.ready === 0) {
    return leave(input, 'pods-lost', podsLost(readiness, 1, input.lowSince, input.now), null)
  }
  if (state.weight <= 0) return null
  const needed = podsNeeded(state.weight, state.stableReady)
  const lost = podsLost(readiness, needed, input.lowSince, input.now)
  return lost ? leave(input, 'pods-lost', lost, null) : null
}

function proven(input: DecisionInput): Decision | null {
  const { assessment, state } = input
  if (!assessment || (state.weight <= 0 && !state.preTraffic)) return null
  if (assessment.verdict?.verdict === 'fail') {
    const { reason: failed } = assessment.verdict
    const reason = failed === 'over-limit' || failed === 'outside-limits' ? failed : 'worse-than-stable'
    return leave(input, reason, null, assessment.verdict)
  }
  if (assessment.guard?.verdict === 'fail') {
    const { bad, total } = assessment.guard.numbers.canary
    return leave(input, 'requests-lost', { kind: 'requests-lost', lost: bad, total }, assessment.guard)
  }
  return null
}

/** The pre-traffic phases come before the first weight, one after the other, each for its time. */
function firstShift(input: DecisionInput): Decision {
  const { state, settings, now, readiness } = input
  if (state.preTraffic) {
    return now < preTrafficEnd(state.preTraffic, state.interval, settings)
      ? { do: 'wait', why: state.preTraffic.kind }
      : { do: 'end-pre-traffic', kind: state.preTraffic.kind }
  }
  const kind = nextPreTrafficPhase(state, settings)
  if (kind !== null && readiness.ready >= 1) return { do: 'start-pre-traffic', kind }
  return shiftWhenReady(input, 0, null, input.state.deadline)
}

function settle(input: DecisionInput): Decision {
  const { settled } = input
  if (!settled || settled.state === 'waiting') return { do: 'wait', why: 'settling' }
  if (settled.state === 'done') return { do: 'start-timer', seen: settled.seen, observed: settled.observed }
  return leaveForExcess(input, settled.observed)
}
