import type { DecisionCause } from '../../release/outcome/cause.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { Verdict } from '../../release/verdict.ts'
import { canaryReplicas, podsNeeded } from './capacity.ts'
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

/** A canary that the release made and that never ran is gone with it: its image is what must be looked at. */
function capacityReason({ state, readiness }: DecisionInput): ReasonCode {
  const neverRan = state.workload !== undefined && readiness.ready === 0 && readiness.imageMissing === true
  return neverRan ? 'image-not-ready' : 'capacity'
}

/** scaleUp gives a canary of the release's own the replicas that a share (percent) needs; null where it has them. */
export function scaleUp({ state, readiness }: DecisionInput, share: number): Decision | null {
  // A Deployment that takes over has its own size already.
  if (state.workload === undefined || takeoverOf(state) !== null || readiness.desired === null) return null
  const replicas = canaryReplicas(state.workload.size, share, state.stableReady)
  return readiness.desired < replicas ? { do: 'scale-canary', replicas } : null
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
  const late = deadline !== null && input.now >= deadline
  // Somebody may scale it down again, as often as it is scaled up: that ends as well.
  const more = short && !late ? scaleUp(input, weight) : null
  if (more !== null) return more
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
  if (late) {
    return settings.onInconclusive === 'hold' && state.weight > 0
      ? { do: 'pause', reason: 'capacity', cause, verdict: null }
      : leave(input, capacityReason(input), cause, null)
  }
  return { do: 'wait-for-pods', cause }
}
