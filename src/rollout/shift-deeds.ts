import { closeStep, onlyAnnotations, toShare, writePatience } from './deeds.ts'
import * as journal from './journal.ts'
import { chooseStep } from './resolution.ts'
import { routeObjects } from './route-reading.ts'
import type { Session } from './session.ts'
import { stateOf } from './session.ts'
import type { Decision } from './view.ts'
import type { Watch } from './watch.ts'
import { perform } from './writer.ts'

/** shift takes the next step: its intent, the weights of every route, the state, in that order. */
export async function shift(
  session: Session,
  watch: Watch,
  decision: Extract<Decision, { do: 'shift' }>,
  signal: AbortSignal,
): Promise<void> {
  closeStep(session, watch, decision.passed)
  if (decision.short !== null)
    session.record({ type: 'warning', code: 'capacity', text: `${decision.short}. It goes on all the same.` })
  const state = stateOf(session)
  const choice = chooseStep(
    state,
    session.settings,
    decision.weight,
    watch.assessment?.rate ?? watch.rateBefore,
  )
  session.record({ type: 'step', step: decision.step, ...choice })
  const intent = (now: number) => journal.shifting(stateOf(session), decision.step, choice, now)
  const until = session.clock.now() + writePatience
  const objects = watch.snapshot ? routeObjects(watch.snapshot, session.scope) : []
  if (objects.length > 1) {
    await perform(session, { next: intent, plan: onlyAnnotations, way: 'up', dryRun: false, until }, signal)
    await completeShift(session, signal)
  } else {
    const next = (now: number) => journal.settling(intent(now), now)
    await perform(
      session,
      { next, plan: toShare(session, decision.weight), way: 'up', dryRun: decision.step === 0, until },
      signal,
    )
  }
  watch.shifted = true
  watch.snapshot = null
}

/** completeShift writes what a half-written step still lacks. */
export async function completeShift(session: Session, signal: AbortSignal): Promise<void> {
  const weight = journal.currentEntry(stateOf(session))?.weight ?? 0
  const until = session.clock.now() + writePatience
  const next = (now: number) => journal.settling(stateOf(session), now)
  await perform(session, { next, plan: toShare(session, weight), way: 'up', dryRun: false, until }, signal)
}

/** startClock begins a step's time, on the poll grid. */
export async function startClock(
  session: Session,
  decision: Extract<Decision, { do: 'start-clock' }>,
  signal: AbortSignal,
): Promise<void> {
  const state = stateOf(session)
  const clockStart = journal.gridAfter(state, session.clock.now() - session.settings.metricsLag)
  const next = () => journal.observing(stateOf(session), clockStart, decision.seen)
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: onlyAnnotations, way: 'up', dryRun: false, until }, signal)
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
