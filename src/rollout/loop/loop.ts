import { Failure, isFailure, sentenceOf } from '../../release/failure.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { prepareCanary, scaleCanary } from '../actions/canary/canary.ts'
import { adoptShare, restoreShare } from '../actions/drift.ts'
import { pause, promote, rollBack, stopUnsafe } from '../actions/end.ts'
import { endPreTraffic, startPreTraffic } from '../actions/pre-traffic.ts'
import { recoverState } from '../actions/recover-state.ts'
import { completeShift, shiftTraffic, startStepTimer } from '../actions/shift.ts'
import { decide, decideUrgent } from '../decision/decide.ts'
import type { Decision } from '../decision/decision-input.ts'
import type { Ending } from '../ending.ts'
import { ending } from '../ending.ts'
import { renewLease } from '../lifecycle/lease.ts'
import { isRefusal, mayPass } from '../lifecycle/patience.ts'
import type { Session } from '../session.ts'
import { currentSettings, heldState } from '../session.ts'
import { nextCheckAt } from '../state/next-check.ts'
import * as transitions from '../state/transitions.ts'
import { applyState } from '../state/writer.ts'
import { pollCounts } from './counting.ts'
import { toDecisionInput } from './decision-facts.ts'
import type { LoopMemory } from './memory.ts'
import { createLoopMemory } from './memory.ts'
import { observe } from './observation.ts'

/** Pods and commands are read this often (ms), counts at every point of the grid. */
const turnInterval = 5_000
/**
 * driveRelease takes a release from where it stands to its end: every turn reads what is true, decides, does one thing.
 * In step mode it ends after one shift or one verdict. It throws Failure('aborted') when the signal aborts, and
 * 'superseded' when another process has taken over; it has then written nothing more.
 */
export async function driveRelease(session: Session, signal: AbortSignal): Promise<Ending> {
  const memory = createLoopMemory(session)
  for (;;) {
    signal.throwIfAborted()
    const decision = await observeAndDecide(session, memory, signal)
    const end = decision === null ? null : await executeOrTolerate(session, memory, decision, signal)
    if (end) {
      // The watchdog waits for the next turn: its time begins anew.
      if (end.result === 'in-progress') await applyWatchdogTime(session, signal)
      return end.reason === 'step-complete' ? withNextCheck(session, end) : end
    }
    await session.clock.sleep(untilNextTurn(session, memory), signal)
  }
}

function withNextCheck(session: Session, end: Ending): Ending {
  return {
    ...end,
    nextCheckAt: nextCheckAt(heldState(session), currentSettings(session), session.clock.now()),
  }
}

async function applyWatchdogTime(session: Session, signal: AbortSignal): Promise<void> {
  if (typeof heldState(session).watchdogAt === 'number')
    await applyState(session, (state) => state, {}, signal)
}

async function observeAndDecide(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<Decision | null> {
  try {
    if (session.lease) await renewLease(session.lease, signal)
    let seen = await observe(session, memory, signal)
    memory.unreachableSince = null
    const now = decideUrgent(toDecisionInput(session, memory, seen))
    if (now) return now
    const asked = session.clock.now()
    await pollCounts(session, memory, seen, signal)
    // A Prometheus that kept us waiting must not have us decide on what was true before.
    if (session.clock.now() - asked >= turnInterval) seen = await observe(session, memory, signal)
    return decide(toDecisionInput(session, memory, seen))
  } catch (error) {
    if (isFailure(error, 'state-lost')) return { do: 'recover-state', error: error.message }
    return tolerate(session, memory, error)
  }
}

/** Decisions that leave traffic where it is for as long as they can't be carried out. */
const canWait: readonly Decision['do'][] = [
  'shift',
  'make-canary',
  'scale-canary',
  'complete-shift',
  'start-timer',
  'start-pre-traffic',
  'end-pre-traffic',
  'recover-state',
  'restore',
  'adopt',
  'promote',
  'pause',
]

async function executeOrTolerate(
  session: Session,
  memory: LoopMemory,
  decision: Decision,
  signal: AbortSignal,
): Promise<Ending | null> {
  try {
    return await execute(session, memory, decision, signal)
  } catch (error) {
    // The next turn finds it lost and recovers it.
    if (isFailure(error, 'state-lost') && !signal.aborted) return null
    if (signal.aborted || !canWait.includes(decision.do)) throw error
    if (!mayPass(error) || isRefusal(error)) throw error
    // The next turn reads whether it landed, and decides anew.
    return tolerate(session, memory, error)
  }
}

/** A cluster that doesn't answer changes nothing: the release stays where it is, up to a step's longest time. */
function tolerate(session: Session, memory: LoopMemory, error: unknown): null {
  if (!mayPass(error)) throw error
  const now = session.clock.now()
  if (memory.unreachableSince === null) {
    memory.unreachableSince = now
    session.record({
      type: 'warning',
      code: 'cluster-unreachable',
      details: { error: sentenceOf(error) },
    })
  }
  if (now - memory.unreachableSince < session.settings.stepTimeout) return null
  throw new Failure(
    'unreachable',
    `The cluster hasn't answered for ${formatDuration(now - memory.unreachableSince)}. Traffic stands where it was last written.`,
    { cause: error },
  )
}

function untilNextTurn(session: Session, memory: LoopMemory): number {
  const state = heldState(session)
  const now = session.clock.now()
  const dueAt =
    transitions.nextGridPoint(state, memory.countedUntil + 1) + currentSettings(session).metricsLag
  return Math.max(1, Math.min(turnInterval, dueAt > now ? dueAt - now : turnInterval))
}

async function execute(
  session: Session,
  memory: LoopMemory,
  decision: Decision,
  signal: AbortSignal,
): Promise<Ending | null> {
  switch (decision.do) {
    case 'wait':
    case 'wait-for-pods':
      memory.recordWait(session, decision)
      return stepModeEnd(session, memory, decision)
    case 'shift':
      await shiftTraffic(session, memory, decision, signal)
      return null
    case 'make-canary':
      await prepareCanary(session, signal)
      return null
    case 'scale-canary':
      await scaleCanary(session, decision.replicas, signal)
      return null
    case 'complete-shift':
      await completeShift(session, signal)
      return null
    case 'start-timer':
      await startStepTimer(session, decision, signal)
      return null
    case 'start-pre-traffic':
      await startPreTraffic(session, memory, decision.kind, signal)
      return null
    case 'end-pre-traffic':
      await endPreTraffic(session, memory, decision.kind, signal)
      return null
    case 'recover-state':
      return recoverState(session, memory, decision.error, signal)
    case 'restore':
      await restoreShare(session, memory, decision.drift, signal)
      return null
    case 'adopt':
      await adoptShare(session, memory, decision, signal)
      return null
    case 'promote': {
      const end = await promote(session, memory, decision, signal)
      // The sides were turned: what was counted so far says nothing about them.
      if (end === null) Object.assign(memory, createLoopMemory(session))
      return end
    }
    case 'roll-back':
      return rollBack(session, memory, decision, signal)
    case 'pause':
      return pause(session, memory, decision, signal)
    case 'stop-unsafe':
      return stopUnsafe(session, memory, decision, signal)
  }
}

/** In step mode a turn ends where waiting would begin: what is due was judged, at most one step was taken. */
function stepModeEnd(session: Session, memory: LoopMemory, decision: Decision): Ending | null {
  if (session.settings.mode !== 'step') return null
  const state = heldState(session)
  const settledOrIdle = state.phase === 'observing' || state.phase === 'pinned'
  const blind = !memory.shifted && memory.counts === null && memory.outage === null
  if (!settledOrIdle || decision.do === 'wait-for-pods' || blind) return null
  const verdict = memory.assessment?.verdict ?? null
  const cause = { kind: 'next-turn' as const, weight: state.weight }
  return ending('in-progress', 'step-complete', cause, verdict)
}
