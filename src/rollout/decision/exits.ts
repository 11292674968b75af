import type { DecisionCause } from '../../release/outcome/cause.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { Verdict } from '../../release/verdict.ts'
import { podsNeeded } from './capacity.ts'
import type { Decision, DecisionInput } from './decision-input.ts'
import type { ObservedShare } from './settling.ts'

/**
 * leave takes the canary out; how much of its traffic stable can take is decided when it is moved (`planRollBack`).
 * Without a stable version there is nothing to return to: a person must act.
 */
export function leave(
  { state }: DecisionInput,
  reason: ReasonCode,
  cause: DecisionCause | null,
  verdict: Verdict | null,
): Decision {
  return state.stable === null
    ? { do: 'stop-unsafe', reason: 'initial-version-failed', cause, verdict }
    : { do: 'roll-back', reason, cause, verdict }
}

/** leaveForExcess takes out a canary that gets more than the share that was asked for. */
export function leaveForExcess(input: DecisionInput, { canary, total }: ObservedShare): Decision {
  const { weight } = input.state
  return leave(input, 'share-exceeded', { kind: 'share-exceeded', canary, total, weight }, null)
}

/**
 * shiftWhenReady goes on to a step once the canary has the pods for it; at the deadline (ms; null: none) it gives up.
 */
export function shiftWhenReady(
  input: DecisionInput,
  step: number,
  passed: Verdict | null,
  deadline: number | null,
): Decision {
  const { state, settings, readiness } = input
  const weight = state.steps[step] as number
  const needed = podsNeeded(weight, state.stableReady)
  const short = readiness.ready < needed
  const { ready, reasons } = readiness
  const cause = { kind: 'step-capacity' as const, weight, needed, ready, reasons }
  // No setting lets traffic go to pods that aren't there.
  if (readiness.ready >= 1 && (!short || settings.capacityCheck !== 'wait')) {
    return {
      do: 'shift',
      step,
      weight,
      passed,
      short: short && settings.capacityCheck === 'warn' ? cause : null,
    }
  }
  if (deadline !== null && input.now >= deadline) {
    return settings.onInconclusive === 'hold' && state.weight > 0
      ? { do: 'pause', reason: 'capacity', cause, verdict: null }
      : leave(input, 'capacity', cause, null)
  }
  return { do: 'wait-for-pods', cause }
}
