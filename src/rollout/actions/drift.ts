import type { ShareDrift } from '../../release/outcome/cause.ts'
import type { Decision } from '../decision/decision-input.ts'
import { planStepMargins } from '../evidence/step-plan.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState } from '../state/writer.ts'
import { endStep, shareChange } from './step.ts'

/** restoreShare takes somebody's change of the weights back; the step begins anew: what it counted meanwhile is void. */
export async function restoreShare(
  session: Session,
  memory: LoopMemory,
  drift: ShareDrift,
  signal: AbortSignal,
): Promise<void> {
  endStep(session, memory, null)
  const { weight, step } = heldState(session)
  const entry = transitions.currentStep(heldState(session))
  if (!entry) return
  await applyState(
    session,
    (state, now) => ({
      ...transitions.reopened(state, entry, step, now),
      driftRestores: (state.driftRestores ?? 0) + 1,
    }),
    { routes: shareChange(session, weight) },
    signal,
  )
  session.record({ type: 'warning', code: 'drift-restored', details: { drift } })
  memory.snapshot = null
}

/** adoptShare goes on from a lower share that somebody set; it is settled and judged like a step of ours. */
export async function adoptShare(
  session: Session,
  memory: LoopMemory,
  { weight, step, drift }: Extract<Decision, { do: 'adopt' }>,
  signal: AbortSignal,
): Promise<void> {
  endStep(session, memory, null)
  const rate = memory.assessment?.rate ?? memory.rateBefore
  const plan = planStepMargins(heldState(session), session.settings, weight, rate)
  await applyState(session, (state, now) => transitions.reopened(state, plan, step, now), {}, signal)
  session.record({ type: 'warning', code: 'drift-adopted', details: { drift, weight } })
  memory.snapshot = null
}
