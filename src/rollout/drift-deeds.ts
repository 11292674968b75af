import { closeStep, onlyAnnotations, toShare, writePatience } from './deeds.ts'
import * as journal from './journal.ts'
import { chooseStep } from './resolution.ts'
import type { Session } from './session.ts'
import { stateOf } from './session.ts'
import type { Decision } from './view.ts'
import type { Watch } from './watch.ts'
import { perform } from './writer.ts'

/** restore takes somebody's change of the weights back; the step begins anew, for nobody knows what it saw. */
export async function restore(
  session: Session,
  watch: Watch,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  closeStep(session, watch, null)
  const held = stateOf(session)
  const entry = journal.currentEntry(held)
  if (!entry) return
  const { weight } = held
  const next = (now: number) => ({
    ...journal.reopened(stateOf(session), entry, held.step, now),
    driftRestores: (held.driftRestores ?? 0) + 1,
  })
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: toShare(session, weight), way: 'up', dryRun: false, until }, signal)
  session.record({ type: 'warning', code: 'drift-restored', text: `${text}. ${weight} % was put back.` })
  watch.snapshot = null
}

/** adopt goes on from a lower share that somebody set; it is settled and judged like a step of ours. */
export async function adopt(
  session: Session,
  watch: Watch,
  { weight, step, text }: Extract<Decision, { do: 'adopt' }>,
  signal: AbortSignal,
): Promise<void> {
  closeStep(session, watch, null)
  const state = stateOf(session)
  const rate = watch.assessment?.rate ?? watch.rateBefore
  const choice = chooseStep(state, session.settings, weight, rate)
  const next = (now: number) => journal.reopened(stateOf(session), choice, step, now)
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: onlyAnnotations, way: 'up', dryRun: false, until }, signal)
  session.record({
    type: 'warning',
    code: 'drift-adopted',
    text: `${text}. The release goes on from ${weight} %.`,
  })
  watch.snapshot = null
}
