import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { formatPercent } from '../../release/text/figures.ts'
import type { Verdict } from '../../release/verdict.ts'
import { nextPreTrafficPhase, preTrafficEnd } from '../state/pre-traffic-phase.ts'
import { currentStep } from '../state/transitions.ts'
import { podsLost, podsNeeded } from './capacity.ts'
import type { Decision, DecisionInput } from './decision-input.ts'
import { decideOnDrift } from './drift.ts'
import type { ObservedShare } from './settling.ts'

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
  return unfinishedRollback(input) ?? commanded(input) ?? unfinishedShift(input) ?? endangered(input)
}

function onward(input: DecisionInput): Decision {
  if (input.state.phase === 'pinned') return firstShift(input)
  return input.state.phase === 'settling' ? settle(input) : observe(input)
}

function commanded(input: DecisionInput): Decision | null {
  const { command, state } = input
  if (!command) return null
  const by = `by ${command.by}`
  if (command.name === 'abort') {
    return state.stable === null
      ? null
      : { do: 'roll-back', reason: 'aborted-by-command', text: `aborted ${by}`, verdict: null }
  }
  if (command.name === 'pause') {
    return { do: 'pause', reason: 'paused-by-command', text: `paused ${by}`, verdict: null }
  }
  if (podsForPromotion(input) !== null) return null
  return { do: 'promote', reason: 'promoted-by-command', text: `promoted ${by}`, verdict: null }
}

/** podsForPromotion gives how many ready pods a promotion on request still waits for; null: it needs not wait. */
function podsForPromotion({ state, readiness, settings }: DecisionInput): number | null {
  const needed = podsNeeded(100, state.stableReady)
  const enough = settings.capacityCheck === 'wait' ? needed : 1
  return readiness.ready < enough ? needed : null
}

/** A promotion that waits for pods leaves every other decision as it is: only the reason for waiting differs. */
function promotionAwaited(input: DecisionInput, decision: Decision): Decision {
  const needed = input.command?.name === 'promote' ? podsForPromotion(input) : null
  if (needed === null || decision.do !== 'wait') return decision
  const { ready, reasons } = input.readiness
  const why = `promotion asked for by ${input.command?.by} needs ${needed} ready canary pods, ${ready} are${reasons.length > 0 ? `: ${reasons.join('; ')}` : ''}`
  return { do: 'wait-for-pods', needed, why }
}

/** Some routes may have the step's weight already: pods that are gone meanwhile must not get the rest too. */
function unfinishedShift(input: DecisionInput): Decision | null {
  if (input.state.phase !== 'shifting') return null
  return input.readiness.ready === 0
    ? worst(input, 'pods-lost', 'no canary pod is ready', null)
    : { do: 'complete-shift' }
}

/** Once traffic goes back no command sends it on: it was given before that was known. */
function unfinishedRollback({ state }: DecisionInput): Decision | null {
  if (state.phase !== 'rolling-back') return null
  return { do: 'roll-back', reason: state.reason as ReasonCode, text: 'finishing what began', verdict: null }
}

function endangered(input: DecisionInput): Decision | null {
  const { state, readiness } = input
  if (state.preTraffic && readiness.ready === 0) {
    return worst(input, 'pods-lost', podsLost(readiness, 1, input.lowSince, input.now) ?? '', null)
  }
  if (state.weight <= 0) return null
  const needed = podsNeeded(state.weight, state.stableReady)
  const lost = podsLost(readiness, needed, input.lowSince, input.now)
  return lost ? worst(input, 'pods-lost', lost, null) : null
}

function proven(input: DecisionInput): Decision | null {
  const { assessment, state } = input
  if (!assessment || (state.weight <= 0 && !state.preTraffic)) return null
  if (assessment.verdict?.verdict === 'fail') {
    const { reason: failed } = assessment.verdict
    const reason = failed === 'over-limit' || failed === 'outside-limits' ? failed : 'worse-than-stable'
    return worst(input, reason, '', assessment.verdict)
  }
  if (assessment.guard?.verdict === 'fail') {
    const { bad, total } = assessment.guard.numbers.canary
    const text = `${bad} of ${total} requests to the host reached no pod since the canary has traffic: a route or subset leads nowhere`
    return worst(input, 'requests-lost', text, assessment.guard)
  }
  return null
}

/**
 * Without a stable version, or with one that has no ready pod while the canary has some, there is nothing to return
 * to: a person must act.
 */
function worst(input: DecisionInput, reason: ReasonCode, text: string, verdict: Verdict | null): Decision {
  const { stable, weight } = input.state
  if (stable === null) return { do: 'stop-unsafe', reason: 'initial-version-failed', text, verdict }
  if (weight > 0 && input.stableReady === 0 && input.readiness.ready > 0) {
    const lost = `${stable.version} has no ready pod to return to (${reason})`
    return {
      do: 'stop-unsafe',
      reason: 'stable-unavailable',
      text: text === '' ? lost : `${text}; ${lost}`,
      verdict,
    }
  }
  return { do: 'roll-back', reason, text, verdict }
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

function shiftWhenReady(
  input: DecisionInput,
  step: number,
  passed: Verdict | null,
  deadline: number | null,
): Decision {
  const { state, settings, readiness } = input
  const weight = state.steps[step] as number
  const needed = podsNeeded(weight, state.stableReady)
  const short = readiness.ready < needed
  const why = `${weight}% needs ${needed} ready canary pods, ${readiness.ready} are${readiness.reasons.length > 0 ? `: ${readiness.reasons.join('; ')}` : ''}`
  // No setting lets traffic go to pods that aren't there.
  if (readiness.ready >= 1 && (!short || settings.capacityCheck !== 'wait')) {
    return {
      do: 'shift',
      step,
      weight,
      passed,
      short: short && settings.capacityCheck === 'warn' ? why : null,
    }
  }
  if (deadline !== null && input.now >= deadline) {
    return settings.onInconclusive === 'hold' && state.weight > 0
      ? { do: 'pause', reason: 'capacity', text: why, verdict: null }
      : worst(input, 'capacity', why, null)
  }
  return { do: 'wait-for-pods', needed, why }
}

function settle(input: DecisionInput): Decision {
  const { settled } = input
  if (!settled || settled.state === 'waiting') return { do: 'wait', why: 'settling' }
  if (settled.state === 'done') return { do: 'start-timer', seen: settled.seen, observed: settled.observed }
  return exceeded(input, settled.observed)
}

function exceeded(input: DecisionInput, { canary, total }: ObservedShare): Decision {
  const { state } = input
  const text = `the canary got ${formatPercent(canary / total)} of ${total} requests, ${state.weight}% was asked for: somebody reaches its pods past the route`
  return worst(input, 'share-exceeded', text, null)
}

function observe(input: DecisionInput): Decision {
  if (input.excessShare) return exceeded(input, input.excessShare)
  const { state, assessment, settings } = input
  const entry = currentStep(state)
  const verdict = assessment?.verdict ?? null
  if (!entry || entry.timerStart === null || !verdict || !assessment) {
    return { do: 'wait', why: 'no poll yet' }
  }
  if (assessment.t < (entry.timerStart - state.startedAt) / 1000) return { do: 'wait', why: 'no poll yet' }
  if (entry.weight >= 100) {
    return last(input, verdict, state.startedAt + assessment.t * 1000 - entry.timerStart)
  }
  if (verdict.verdict === 'pass') {
    const deadline = entry.timerStart + settings.stepTimeout + settings.capacityTimeout
    return shiftWhenReady(input, state.step + 1, verdict, deadline)
  }
  if (verdict.verdict === 'inconclusive') return inconclusive(input, verdict)
  return { do: 'wait', why: verdict.reason }
}

/** At 100% no stable traffic is left to compare with; the end of its time promotes unless something leans. */
function last(input: DecisionInput, verdict: Verdict, age: number): Decision {
  const { settings, state } = input
  const done: Decision = {
    do: 'promote',
    reason: state.stable === null ? 'initialized' : 'all-steps-passed',
    text: '',
    verdict,
  }
  if (verdict.verdict === 'pass') return done
  const timeUp = age >= Math.max(settings.finalDuration, settings.stepTimeout)
  const blind = ['no-data', 'metrics-outage', 'bad-data'].includes(verdict.reason)
  if (blind && state.stable === null && timeUp) return done
  if (blind) {
    return timeUp
      ? {
          do: 'pause',
          reason: noCountsReason(input),
          text: 'no counts at 100%: nothing proves it good or bad',
          verdict,
        }
      : { do: 'wait', why: 'no-data' }
  }
  const leaning = ['suspicious', 'shared-degradation', 'infrastructure'].includes(verdict.reason)
  if (leaning) return timeUp ? inconclusive(input, verdict) : { do: 'wait', why: verdict.reason }
  if (age < settings.finalDuration) return { do: 'wait', why: verdict.reason }
  return done
}

/** A source that fails to answer is told apart from one that has nothing to say. */
function noCountsReason({ outage }: DecisionInput): ReasonCode {
  return outage ? 'metrics-outage' : 'no-data'
}

function inconclusive(input: DecisionInput, verdict: Verdict): Decision {
  const { state, settings } = input
  const reason = verdict.reason === 'no-data' ? noCountsReason(input) : (verdict.reason as ReasonCode)
  const entry = currentStep(state)
  if (state.stable === null) return { do: 'stop-unsafe', reason: 'initial-version-failed', text: '', verdict }
  if (settings.onInconclusive === 'hold') return { do: 'pause', reason, text: '', verdict }
  // Only too little evidence may be waved through: outages and suspicion are never a pass.
  const tooLittle = verdict.reason === 'too-little-evidence' || verdict.reason === 'no-traffic'
  if (settings.onInconclusive === 'promote' && tooLittle && entry) {
    const deadline = (entry.timerStart ?? input.now) + settings.stepTimeout + settings.capacityTimeout
    return entry.weight >= 100
      ? { do: 'promote', reason: 'promoted-unproven', text: '', verdict }
      : shiftWhenReady(input, state.step + 1, verdict, deadline)
  }
  return worst(input, reason, '', verdict)
}
