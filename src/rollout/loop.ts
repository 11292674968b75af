import { Failure, isFailure, sentenceOf } from '../release/failure.ts'
import type { ReasonCode } from '../release/outcome.ts'
import { formatDuration } from '../release/text/duration.ts'
import { count } from './counting.ts'
import { decide, urgent } from './decide.ts'
import { closeStep, onlyAnnotations, toShare, writePatience } from './deeds.ts'
import { adopt, restore } from './drift-deeds.ts'
import type { Ending } from './ending.ts'
import { ending } from './ending.ts'
import * as journal from './journal.ts'
import { renewLease } from './lease.ts'
import { retire } from './retention.ts'
import type { Session } from './session.ts'
import { stateOf } from './session.ts'
import { completeShift, shift, startClock } from './shift-deeds.ts'
import { beginTrial, endTrial } from './trial-deeds.ts'
import type { Decision } from './view.ts'
import type { Watch } from './watch.ts'
import { look, startWatch, viewOf } from './watch.ts'
import { putBack } from './way-back.ts'
import { perform } from './writer.ts'

/** Pods and orders are looked at this often (ms), counts at every point of the grid. */
const lookEvery = 5_000
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

async function promote(
  session: Session,
  watch: Watch,
  decision: Extract<Decision, { do: 'promote' }>,
  signal: AbortSignal,
): Promise<Ending> {
  closeStep(session, watch, decision.verdict)
  const { preTraffic: trial } = stateOf(session)
  if (trial) await endTrial(session, watch, trial.kind, signal)
  const next = (now: number) => journal.promoted(stateOf(session), decision.reason, now)
  const until = session.clock.now() + writePatience
  await perform(session, { next, plan: toShare(session, 100), way: 'up', dryRun: false, until }, signal)
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
