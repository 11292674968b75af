import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import {
  endedBeforeCommandMessage,
  noReleaseMessage,
  pausedMessage,
  servesAllMessage,
} from '../../report/words/outcome/in-flight.ts'
import { orAbortText } from '../../report/words/outcome/rollback.ts'
import { sendCommand, waitForHolder } from '../../rollout/lifecycle/holder.ts'
import { reopenTakeover, takeOverInFlight } from '../../rollout/lifecycle/take-over.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { driveRelease } from '../../rollout/loop/loop.ts'
import { heldState } from '../../rollout/session.ts'
import { endingOutcome, olderReleaseOutcome, outcomeOf, refusedOutcome, requested } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { refuseLost } from '../session/lost-release.ts'
import { recordExistingRelease } from '../session/record-header.ts'
import { unreadyText } from './rollback-paths/put-back.ts'

/** HolderRequest is what the holder of a release in flight is asked for. */
interface HolderRequest {
  name: 'pause' | 'promote'
  /** holds tells a release that is already as it was asked to be. */
  holds(state: ReleaseState): boolean
}

/**
 * askHolder has the release in flight paused or promoted: the process that drives it is asked and given 20 s; where
 * there is none, this one takes over and does it. Repeating a command that already holds changes nothing.
 */
export async function askHolder(command: CommandSession, asked: HolderRequest): Promise<Outcome> {
  const { request, context, session } = command
  const view = await readCluster(command, context.signal)
  const { found } = view
  const lost = refuseLost(command, view)
  if (lost) return lost
  if (found && inFlight(found.state) && found.state.begunUnder !== undefined) {
    return olderReleaseOutcome(request, found.state)
  }
  if (found && asked.holds(found.state)) return outcomeThere(command, found.state)
  if (!found || !inFlight(found.state)) return nothingInFlight(command, found?.state ?? null, asked)
  // What takes the traffic over gets its image only then: there is something to wait for.
  const asksNow = asked.name === 'promote' && takeoverOf(found.state) === null
  const unready = asksNow ? refuseUnready(command, view, found.state) : null
  if (unready) return unready
  recordExistingRelease(command, found.state)
  const by = request.runUrl ?? request.holder
  await sendCommand(session, found, { name: asked.name, by }, context.signal)
  const obeyed = await waitForHolder(session, found.state.id, asked.holds, context.signal)
  if (obeyed) return outcomeThere(command, obeyed)
  return withTargetLease(session, { force: true }, context.signal, async () => {
    const now = await takeOverInFlight(session, context.signal)
    if (!now.taken && now.found && asked.holds(now.found.state)) return outcomeThere(command, now.found.state)
    if (!now.taken) return nothingInFlight(command, now.found?.state ?? null, asked)
    if (asked.name === 'promote') await reopenTakeover(session, context.signal)
    const ending = await driveRelease(session, context.signal)
    const outcome = endingOutcome(request, heldState(session), ending)
    const done = ending.reason === 'paused-by-command' || ending.reason === 'promoted-by-command'
    return done ? requested(outcome) : outcome
  })
}

/** Nobody is sent to a canary that has no ready pod. */
function refuseUnready(
  { request }: CommandSession,
  { workloads }: ClusterView,
  state: ReleaseState,
): Outcome | null {
  const text = unreadyText(request, workloads, state.canary, state.stableReady)
  if (text === null) return null
  const back = state.weight > 0 && state.stable !== null ? orAbortText(request) : ''
  return refusedOutcome(request, state, 'target-not-ready', `${text}${back}`)
}

function nothingInFlight(
  { request }: CommandSession,
  state: ReleaseState | null,
  { name }: HolderRequest,
): Outcome {
  return refusedOutcome(
    request,
    state,
    'nothing-to-do',
    noReleaseMessage(request, name === 'pause' ? 'no-pause' : 'no-promote'),
  )
}

/** outcomeThere says where the release stands that the holder, or an earlier command, has taken there. */
function outcomeThere({ request }: CommandSession, state: ReleaseState): Outcome {
  if (state.phase === 'paused') {
    return outcomeOf(request, state, {
      result: 'paused',
      reason: 'paused-by-command',
      requested: true,
      message: pausedMessage(request, state),
    })
  }
  if (state.phase === 'promoted') {
    return outcomeOf(request, state, {
      result: 'promoted',
      reason: 'promoted-by-command',
      message: servesAllMessage(request, state.canary.version),
    })
  }
  return refusedOutcome(request, state, 'nothing-to-do', endedBeforeCommandMessage(state))
}
