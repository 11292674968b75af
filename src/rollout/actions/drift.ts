import type { Decision } from '../decision/decision-input.ts'
import { planStepMargins } from '../evidence/step-plan.ts'
import type { LoopMemory } from '../loop/observation.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as journal from '../state/transitions.ts'
import { applyRouteChange } from '../state/writer.ts'
import { endStep, planShare, planStateOnly, writePatience } from './step.ts'

/** restoreShare takes somebody's change of the weights back; the step begins anew, for nobody knows what it saw. */
export async function restoreShare(
  session: Session,
  memory: LoopMemory,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  endStep(session, memory, null)
  const held = heldState(session)
  const entry = journal.currentStep(held)
  if (!entry) return
  const { weight } = held
  const next = (now: number) => ({
    ...journal.reopened(heldState(session), entry, held.step, now),
    driftRestores: (held.driftRestores ?? 0) + 1,
  })
  const until = session.clock.now() + writePatience
  await applyRouteChange(
    session,
    { next, plan: planShare(session, weight), direction: 'up', dryRun: false, until },
    signal,
  )
  session.record({ type: 'warning', code: 'drift-restored', text: `${text}. ${weight}% was put back.` })
  memory.snapshot = null
}

/** adoptShare goes on from a lower share that somebody set; it is settled and judged like a step of ours. */
export async function adoptShare(
  session: Session,
  memory: LoopMemory,
  { weight, step, text }: Extract<Decision, { do: 'adopt' }>,
  signal: AbortSignal,
): Promise<void> {
  endStep(session, memory, null)
  const state = heldState(session)
  const rate = memory.assessment?.rate ?? memory.rateBefore
  const choice = planStepMargins(state, session.settings, weight, rate)
  const next = (now: number) => journal.reopened(heldState(session), choice, step, now)
  const until = session.clock.now() + writePatience
  await applyRouteChange(
    session,
    { next, plan: planStateOnly, direction: 'up', dryRun: false, until },
    signal,
  )
  session.record({
    type: 'warning',
    code: 'drift-adopted',
    text: `${text}. The release goes on from ${weight}%.`,
  })
  memory.snapshot = null
}
