import { takeoverOf } from '../../release/state/takeover.ts'
import type { Decision } from '../decision/decision-input.ts'
import { planStepMargins } from '../evidence/step-plan.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { currentSettings, heldState } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState } from '../state/writer.ts'
import { endStep, shareChange } from './step.ts'

/** shiftTraffic takes the next step: its intent, the weights of every route, the state, in that order. */
export async function shiftTraffic(
  session: Session,
  memory: LoopMemory,
  { step, weight, passed, short }: Extract<Decision, { do: 'shift' }>,
  signal: AbortSignal,
): Promise<void> {
  endStep(session, memory, passed)
  if (short !== null) session.record({ type: 'warning', code: 'capacity', details: { cause: short } })
  const rate = memory.assessment?.rate ?? memory.rateBefore
  const plan = planStepMargins(heldState(session), session.settings, weight, rate)
  if (takeoverOf(heldState(session)) === null) session.record({ type: 'step', step, ...plan })
  else session.record({ type: 'phase', phase: 'handing-back', percent: weight })
  const objects = memory.snapshot ? session.routing.view(memory.snapshot, session.scope).objects : []
  if (objects.length > 1) {
    await applyState(session, (state, now) => transitions.shifting(state, step, plan, now), {}, signal)
    await completeShift(session, signal)
  } else {
    await applyState(
      session,
      (state, now) => transitions.settling(transitions.shifting(state, step, plan, now), now),
      { routes: shareChange(session, weight), dryRun: step === 0 },
      signal,
    )
  }
  memory.shifted = true
  memory.snapshot = null
}

/** completeShift writes what a half-written step still lacks. */
export async function completeShift(session: Session, signal: AbortSignal): Promise<void> {
  const weight = transitions.currentStep(heldState(session))?.weight ?? 0
  await applyState(session, transitions.settling, { routes: shareChange(session, weight) }, signal)
}

/** startStepTimer begins a step's time, on the poll grid. */
export async function startStepTimer(
  session: Session,
  { seen, observed }: Extract<Decision, { do: 'start-timer' }>,
  signal: AbortSignal,
): Promise<void> {
  const { step, weight, startedAt, interval } = heldState(session)
  const answeredUntil = session.clock.now() - currentSettings(session).metricsLag
  const timerStart = transitions.nextGridPoint({ startedAt, interval }, answeredUntil)
  await applyState(session, (state) => transitions.observing(state, timerStart, seen), {}, signal)
  if (takeoverOf(heldState(session)) !== null) return
  session.record({
    type: 'settled',
    step,
    weight,
    seen,
    canary: observed?.canary ?? null,
    total: observed?.total ?? null,
    clockStart: new Date(timerStart).toISOString(),
    t: (timerStart - startedAt) / 1000,
  })
}
