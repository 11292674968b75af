import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { formatPercent } from '../../release/text/figures.ts'
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
  text: string,
  verdict: Verdict | null,
): Decision {
  return state.stable === null
    ? { do: 'stop-unsafe', reason: 'initial-version-failed', text, verdict }
    : { do: 'roll-back', reason, text, verdict }
}

/** leaveForExcess takes out a canary that gets more than the share that was asked for. */
export function leaveForExcess(input: DecisionInput, { canary, total }: ObservedShare): Decision {
  const text = `the canary got ${formatPercent(canary / total)} of ${total} requests, ${input.state.weight}% was asked for: somebody reaches its pods past the route`
  return leave(input, 'share-exceeded', text, null)
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
      : leave(input, 'capacity', why, null)
  }
  return { do: 'wait-for-pods', needed, why }
}
