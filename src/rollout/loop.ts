import { canaryShare, planRestore } from '../mesh/routing.ts'
import { formatDuration } from '../release/duration.ts'
import { Failure, isFailure, sentenceOf } from '../release/failure.ts'
import type { RoutingSnapshot } from '../release/kubernetes.ts'
import type { ReasonCode } from '../release/outcome.ts'
import type { Decision } from './decide.ts'
import { decide, urgent } from './decide.ts'
import type { AimPlan } from './deeds.ts'
import { closeStep, onlyAnnotations, toShare, writePatience } from './deeds.ts'
import { adopt, restore } from './drift-deeds.ts'
import type { Ending } from './ending.ts'
import { ending } from './ending.ts'
import * as journal from './journal.ts'
import { renewLease } from './lease.ts'
import { chooseStep } from './resolution.ts'
import { retire } from './retention.ts'
import type { Session } from './session.ts'
import { findState, pairOf, stateOf } from './session.ts'
import { beginTrial, endTrial } from './trial-deeds.ts'
import type { Watch } from './watch.ts'
import { count, look, routeObjects, startWatch, viewOf } from './watch.ts'
import { perform, retrying } from './writer.ts'

/** Pods and orders are looked at this often (ms), counts at every point of the grid. */
const lookEvery = 5_000
/** How long putting traffic back is tried (ms). */
const restorePatience = 120_000

/**
 * drive takes a release from where it stands to its end: every turn reads what is true, decides, does one thing.
 * In step mode it ends after one shift or one verdict. It throws Failure('aborted') when the signal aborts, and
 * 'superseded' when another process has taken over; it has then written nothing more.
 */
export async function drive(session: Session, signal: AbortSignal): Promise<Ending> {
  const watch = startWatch(session)
  for (;;) {
    signal.throwIfAborted()
    const decision = await turn(session, watch, signal)
    const end = decision === null ? null : await carryOut(session, watch, decision, signal)
    if (end) return end
    await session.clock.sleep(untilNextLook(session, watch), signal)
  }
}

async function turn(session: Session, watch: Watch, signal: AbortSignal): Promise<Decision | null> {
  try {
    if (session.lease) await renewLease(session.lease, signal)
    let seen = await look(session, watch, signal)
    watch.blindSince = null
    const now = urgent(viewOf(session, watch, seen))
    if (now) return now
    const asked = session.clock.now()
    await count(session, watch, seen, signal)
    // A Prometheus that kept us waiting must not have us decide on what was true before.
    if (session.clock.now() - asked >= lookEvery) seen = await look(session, watch, signal)
    return decide(viewOf(session, watch, seen))
  } catch (error) {
    return tolerate(session, watch, error)
  }
}

/** Decisions that leave traffic where it is for as long as they can't be carried out. */
const canWait: readonly Decision['do'][] = [
  'shift',
  'complete-shift',
  'start-clock',
  'begin-trial',
  'end-trial',
  'restore',
  'adopt',
  'promote',
  'pause',
]

async function carryOut(
  session: Session,
  watch: Watch,
  decision: Decision,
  signal: AbortSignal,
): Promise<Ending | null> {
  try {
    return await act(session, watch, decision, signal)
  } catch (error) {
    if (signal.aborted || !canWait.includes(decision.do)) throw error
    // The next turn looks whether it landed, and decides anew.
    return tolerate(session, watch, error)
  }
}

/** A cluster that doesn't answer changes nothing: the release stays where it is, up to a step's longest time. */
function tolerate(session: Session, watch: Watch, error: unknown): null {
  if (!isFailure(error, 'unreachable', 'timeout', 'server-error')) throw error
  const now = session.clock.now()
  if (watch.blindSince === null) {
    watch.blindSince = now
    session.record({ type: 'warning', code: 'cluster-unreachable', text: sentenceOf(error) })
  }
  if (now - watch.blindSince < session.settings.stepTimeout) return null
  throw new Failure(
    'unreachable',
    `The cluster hasn't answered for ${formatDuration(now - watch.blindSince)}. Traffic stands where it was last written.`,
    { cause: error },
  )
}

function untilNextLook(session: Session, watch: Watch): number {
  const state = stateOf(session)
  const now = session.clock.now()
  const dueAt = journal.gridAfter(state, watch.countedUntil + 1) + session.settings.metricsLag
  return Math.max(1, Math.min(lookEvery, dueAt > now ? dueAt - now : lookEvery))
}

async function act(
  session: Session,
  watch: Watch,
  decision: Decision,
  signal: AbortSignal,
): Promise<Ending | null> {
  switch (decision.do) {
    case 'wait':
    case 'wait-for-pods':
      watch.say(session, decision)
      return stepModeEnd(session, watch, decision)
    case 'shift':
      await shift(session, watch, decision, signal)
      return null
    case 'complete-shift':
      await completeShift(session, signal)
      return null
    case 'start-clock':
      await startClock(session, decision, signal)
      return null
    case 'begin-trial':
      await beginTrial(session, watch, decision.kind, signal)
      return null
    case 'end-trial':
      await endTrial(session, watch, decision.kind, signal)
      return null
    case 'restore':
      await restore(session, watch, decision.text, signal)
      return null
    case 'adopt':
      await adopt(session, watch, decision, signal)
      return null
    case 'promote':
      return promote(session, watch, decision, signal)
    case 'roll-back':
      return rollBack(session, watch, decision, signal)
    case 'pause':
      return pause(session, watch, decision, signal)
    case 'alarm':
      return alarm(session, watch, decision, signal)
  }
}

/** In step mode a turn ends where waiting would begin: what is due was judged, at most one step was taken. */
function stepModeEnd(session: Session, watch: Watch, decision: Decision): Ending | null {
  if (session.settings.mode !== 'step') return null
  const state = stateOf(session)
  const settledOrIdle = state.phase === 'observing' || state.phase === 'pinned'
  const blind = !watch.shifted && watch.counts === null && !watch.outage
  if (!settledOrIdle || decision.do === 'wait-for-pods' || blind) return null
  const verdict = watch.assessment?.verdict ?? null
  return ending('in-progress', 'step-done', `at ${state.weight} %, the next turn goes on`, verdict)
}

async function shift(
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
      { next, plan: toShare(decision.weight), way: 'up', dryRun: decision.step === 0, until },
      signal,
    )
  }
  watch.shifted = true
  watch.snapshot = null
}

async function completeShift(session: Session, signal: AbortSignal): Promise<void> {
  const weight = journal.currentEntry(stateOf(session))?.weight ?? 0
  const until = session.clock.now() + writePatience
  const next = (now: number) => journal.settling(stateOf(session), now)
  await perform(session, { next, plan: toShare(weight), way: 'up', dryRun: false, until }, signal)
}

async function startClock(
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

async function promote(
  session: Session,
  watch: Watch,
  decision: Extract<Decision, { do: 'promote' }>,
  signal: AbortSignal,
): Promise<Ending> {
  closeStep(session, watch, decision.verdict)
  const { trial } = stateOf(session)
  if (trial) await endTrial(session, watch, trial.kind, signal)
  const next = (now: number) => journal.promoted(stateOf(session), decision.reason, now)
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: toShare(100), way: 'up', dryRun: false, until }, signal)
  await retire(session, signal)
  const result = stateOf(session).stable === null ? 'initialized' : 'promoted'
  return ending(result, decision.reason, decision.text, decision.verdict)
}

async function pause(
  session: Session,
  watch: Watch,
  decision: Extract<Decision, { do: 'pause' }>,
  signal: AbortSignal,
): Promise<Ending> {
  if (stateOf(session).phase === 'paused') {
    const reason = stateOf(session).reason as ReasonCode
    return ending('paused', reason, decision.text, decision.verdict)
  }
  closeStep(session, watch, decision.verdict)
  const reason = watch.outage && decision.reason === 'no-data' ? 'metrics-outage' : decision.reason
  const next = (now: number) => journal.paused(stateOf(session), reason, now)
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: onlyAnnotations, way: 'up', dryRun: false, until }, signal)
  return ending('paused', reason, decision.text, decision.verdict)
}

/** Nothing serves that traffic could go back to: the state says so, nothing is moved, and a person must act. */
async function alarm(
  session: Session,
  watch: Watch,
  decision: Extract<Decision, { do: 'alarm' }>,
  signal: AbortSignal,
): Promise<Ending> {
  closeStep(session, watch, decision.verdict)
  const next = (now: number) => {
    const state = stateOf(session)
    return state.stable === null
      ? journal.promoted(state, decision.reason, now)
      : journal.paused(state, decision.reason, now)
  }
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: onlyAnnotations, way: 'up', dryRun: false, until }, signal)
  return ending('unsafe', decision.reason, decision.text, decision.verdict)
}

async function rollBack(
  session: Session,
  watch: Watch,
  decision: Extract<Decision, { do: 'roll-back' }>,
  signal: AbortSignal,
): Promise<Ending> {
  closeStep(session, watch, decision.verdict)
  const reason = watch.outage && decision.reason === 'no-data' ? 'metrics-outage' : decision.reason
  await putBack(session, reason, signal)
  return ending('rolled-back', reason, decision.text, decision.verdict)
}

/**
 * putBack puts all of the pair's traffic on stable, in one patch an object, and reads back to be sure. It needs no
 * Prometheus. It throws Failure when that could not be reached in time: traffic is then not in a safe state.
 */
export async function putBack(session: Session, reason: ReasonCode, signal: AbortSignal): Promise<void> {
  const until = session.clock.now() + restorePatience
  const restore: AimPlan = (snapshot, pair, annotations) =>
    planRestore(snapshot, pair, stateOf(session).restore, annotations)
  const next = (now: number) => journal.rolledBack(stateOf(session), reason, now)
  // A server that is away for a moment must not cost the rollback: readings are tried as long as writes.
  const routing = () =>
    retrying(session, until, () => session.routes.routing(session.scope.namespace, signal), signal)
  const before = await routing()
  if (routeObjects(before, session.scope).length > 1) {
    const begin = () => journal.rollingBack(stateOf(session), reason)
    await perform(session, { next: begin, plan: restore, way: 'back', dryRun: false, until }, signal)
  }
  for (;;) {
    await perform(session, { next, plan: restore, way: 'back', dryRun: false, until }, signal)
    const snapshot = await routing()
    if (isBack(session, snapshot)) return
    if (session.clock.now() >= until) break
    session.record({
      type: 'warning',
      code: 'read-back',
      text: 'The routes still name the canary: putting back again.',
    })
    await session.clock.sleep(1000, signal)
  }
  throw new Failure('refused', 'The routes still give the canary traffic after they were put back.')
}

function isBack(session: Session, snapshot: RoutingSnapshot): boolean {
  const found = findState(snapshot, session.scope)
  const state = stateOf(session)
  return found?.state.id === state.id && canaryShare(snapshot, pairOf(session.scope, state)).max === 0
}
