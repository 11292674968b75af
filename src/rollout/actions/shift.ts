import type { Decision } from '../decision/decision-input.ts'
import { planStepMargins } from '../evidence/step-plan.ts'
import type { LoopMemory } from '../loop/observation.ts'
import { routeObjects } from '../loop/route-reading.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as journal from '../state/transitions.ts'
import { applyRouteChange } from '../state/writer.ts'
import { endStep, planShare, planStateOnly, writePatience } from './step.ts'

/** shiftTraffic takes the next step: its intent, the weights of every route, the state, in that order. */
export async function shiftTraffic(
  session: Session,
  memory: LoopMemory,
  decision: Extract<Decision, { do: 'shift' }>,
  signal: AbortSignal,
): Promise<void> {
  endStep(session, memory, decision.passed)
  if (decision.short !== null)
    session.record({ type: 'warning', code: 'capacity', text: `${decision.short}. It goes on all the same.` })
  const state = heldState(session)
  const choice = planStepMargins(
    state,
    session.settings,
    decision.weight,
    memory.assessment?.rate ?? memory.rateBefore,
  )
  session.record({ type: 'step', step: decision.step, ...choice })
  const intent = (now: number) => journal.shifting(heldState(session), decision.step, choice, now)
  const until = session.clock.now() + writePatience
  const objects = memory.snapshot ? routeObjects(memory.snapshot, session.scope) : []
  if (objects.length > 1) {
    await applyRouteChange(
      session,
      { next: intent, plan: planStateOnly, direction: 'up', dryRun: false, until },
      signal,
    )
    await completeShift(session, signal)
  } else {
    const next = (now: number) => journal.settling(intent(now), now)
    await applyRouteChange(
      session,
      {
        next,
        plan: planShare(session, decision.weight),
        direction: 'up',
        dryRun: decision.step === 0,
        until,
      },
      signal,
    )
  }
  memory.shifted = true
  memory.snapshot = null
}

/** completeShift writes what a half-written step still lacks. */
export async function completeShift(session: Session, signal: AbortSignal): Promise<void> {
  const weight = journal.currentStep(heldState(session))?.weight ?? 0
  const until = session.clock.now() + writePatience
  const next = (now: number) => journal.settling(heldState(session), now)
  await applyRouteChange(
    session,
    { next, plan: planShare(session, weight), direction: 'up', dryRun: false, until },
    signal,
  )
}

/** startStepTimer begins a step's time, on the poll grid. */
export async function startStepTimer(
  session: Session,
  decision: Extract<Decision, { do: 'start-clock' }>,
  signal: AbortSignal,
): Promise<void> {
  const state = heldState(session)
  const clockStart = journal.nextGridPoint(state, session.clock.now() - session.settings.metricsLag)
  const next = () => journal.observing(heldState(session), clockStart, decision.seen)
  const until = session.clock.now() + writePatience
  await applyRouteChange(
    session,
    { next, plan: planStateOnly, direction: 'up', dryRun: false, until },
    signal,
  )
  session.record({
    type: 'settled',
    step: state.step,
    weight: state.weight,
    seen: decision.seen,
    canary: decision.observed?.canary ?? null,
    total: decision.observed?.total ?? null,
    clockStart: new Date(clockStart).toISOString(),
    t: (clockStart - state.startedAt) / 1000,
  })
}
