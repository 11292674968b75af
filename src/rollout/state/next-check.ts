import { metricsLag, type Settings, shortestStep } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { preTrafficEnd } from './pre-traffic-phase.ts'
import { currentStep, nextGridPoint } from './transitions.ts'

/**
 * nextCheckAt gives when the next turn of step mode has something to do, in ms: when the step in force, or the phase
 * before the first weight, can end at the earliest; after that, when the next poll is due. Never later than the
 * watchdog acts. A step whose timer doesn't run yet is given all of its time to settle. `now` in ms.
 */
export function nextCheckAt(state: ReleaseState, settings: Settings, now: number): number {
  const lag = metricsLag(settings)
  const pollAt = (time: number) => nextGridPoint(state, time) + lag
  const due = earliestEnd(state, settings, now)
  const next = due === null || pollAt(due) <= now ? pollAt(now - lag + 1) : pollAt(due)
  return Math.min(next, state.watchdogAt ?? Number.POSITIVE_INFINITY)
}

/** null: no step has begun. */
function earliestEnd(state: ReleaseState, settings: Settings, now: number): number | null {
  if (state.preTraffic) return preTrafficEnd(state.preTraffic, state.interval, settings)
  const step = currentStep(state)
  if (step === null) return null
  return (step.timerStart ?? now + settings.settleTimeout) + shortestStep(step.weight, settings)
}
