import type { ReleaseState } from '../../release/state/state.ts'
import { podsNeeded } from '../decision/capacity.ts'
import type { DecisionInput } from '../decision/decision-input.ts'
import { isDrift } from '../decision/drift.ts'
import type { ObservedShare } from '../decision/settling.ts'
import { isExceeded, observedSince, settlingState } from '../decision/settling.ts'
import type { Session } from '../session.ts'
import { currentSettings, heldState, pairOf } from '../session.ts'
import { currentStep } from '../state/transitions.ts'
import { keepsUsers } from '../sticky.ts'

import { gateOutage } from './gate-watch.ts'
import type { LoopMemory } from './memory.ts'
import type { ClusterObservation } from './observation.ts'
/** toDecisionInput joins what was seen with what was counted so far: all that a decision looks at. */
export function toDecisionInput(
  session: Session,
  memory: LoopMemory,
  seen: ClusterObservation,
): DecisionInput {
  const state = heldState(session)
  const { snapshot, readiness, command } = seen
  const now = session.clock.now()
  const needed = podsNeeded(Math.max(state.weight, 1), state.stableReady)
  memory.lowSince = readiness.ready * 2 < needed ? (memory.lowSince ?? now) : null
  const asked =
    state.stable === null ? null : session.routing.canaryShare(snapshot, pairOf(session.scope, state))
  const drifted = asked !== null && isDrift(asked, state.weight)
  if (!drifted) memory.lastUndrifted = snapshot
  const changedBy = drifted
    ? session.routing.changedBy(memory.lastUndrifted ?? null, snapshot, pairOf(session.scope, state))
    : ''
  return {
    now,
    settings: currentSettings(session),
    state,
    readiness,
    stableReady: seen.stableReady,
    lowSince: memory.lowSince,
    routedShare: asked,
    ...(changedBy === '' ? {} : { changedBy }),
    command: command ?? requestedReturn(state),
    assessment: memory.assessment,
    outage: memory.outage,
    ...gateOutage(memory.gates),
    settled: state.phase === 'settling' ? settledNow(session, memory, now) : null,
    excessShare: state.phase === 'observing' ? excessNow(session, memory) : null,
  }
}

/** What was asked for without being judged is promoted as soon as its pods are ready, as by a command. */
function requestedReturn({ unjudged }: ReleaseState): DecisionInput['command'] {
  return unjudged === undefined ? null : { name: 'promote', by: unjudged.by }
}

/** A few requests may not have shown an excess while settling: it is looked for as long as the step lasts. */
function excessNow(session: Session, memory: LoopMemory): ObservedShare | null {
  const state = heldState(session)
  const entry = currentStep(state)
  if (!entry || entry.weight >= 100 || keepsUsers(session.settings, entry.weight)) return null
  const since = (entry.writtenAt - state.startedAt + session.settings.settleMin) / 1000
  const share = observedSince(memory.counts?.points ?? [], since)
  return share && isExceeded(entry.weight / 100, share) ? share : null
}

function settledNow(session: Session, memory: LoopMemory, now: number) {
  const state = heldState(session)
  const entry = currentStep(state)
  if (!entry) return null
  const seconds = (ms: number) => ms / 1000
  return settlingState(
    {
      asked: entry.weight / 100,
      higher: keepsUsers(session.settings, entry.weight),
      writtenAt: seconds(entry.writtenAt - state.startedAt),
      minimum: seconds(session.settings.settleMin),
      deadline: seconds(Math.max(session.settings.settleMin, session.settings.settleTimeout)),
      now: seconds(now - state.startedAt),
    },
    memory.counts?.points ?? [],
  )
}
