import { exitCodes } from '../../../release/outcome/exit-codes.ts'
import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { Sight } from '../../../release/outcome/sight.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { inFlight } from '../../../release/state/state-codec.ts'
import { takeoverOf } from '../../../release/state/takeover.ts'
import { trafficMoved } from '../../../report/words/outcome/ending-message.ts'
import { endedBeforeAbortMessage, firstVersionMessage } from '../../../report/words/outcome/in-flight.ts'
import { followedRoutesMessage, lostSentence } from '../../../report/words/outcome/lost-release.ts'
import { checkReach } from '../../../rollout/actions/reach-check.ts'
import { sendCommand, waitForHolder, waitForStateAnew } from '../../../rollout/lifecycle/holder.ts'
import type { LostRelease } from '../../../rollout/lifecycle/lost-release.ts'
import { reopenTakeover, takeOverToEnd } from '../../../rollout/lifecycle/take-over.ts'
import type { FoundState } from '../../../rollout/session.ts'
import { heldState, pairOf } from '../../../rollout/session.ts'
import * as takeovers from '../../../rollout/state/takeover-transitions.ts'
import { applyState } from '../../../rollout/state/writer.ts'
import { nothingToDo, notReachedOutcome, outcomeOf, refusedOutcome } from '../../outcomes.ts'
import type { ClusterView } from '../../session/cluster-view.ts'
import { readCluster } from '../../session/cluster-view.ts'
import type { CommandSession } from '../../session/command-session.ts'
import { backAlreadyText, findLost, lostStateOf } from '../../session/lost-release.ts'
import { recordExistingRelease } from '../../session/record-header.ts'
import { endIfBack } from '../abandoned.ts'
import { driveToEnd } from '../in-flight.ts'
import { endUnknown } from './by-routes.ts'
import { putBack, putBackUnderLease } from './put-back.ts'

/**
 * endInFlight ends the release in flight with everything on stable. A live holder is asked and given 20 s; then, or
 * where it is gone, this process takes over and does it. A release whose state is lost is ended by the routes. `seen`: the
 * cluster as the caller has just read it.
 */
export async function endInFlight(command: CommandSession, seen?: ClusterView): Promise<Outcome> {
  const view = seen ?? (await readCluster(command, command.context.signal))
  if (view.found && inFlight(view.found.state)) return endFound(command, view.found)
  const lost = findLost(command, view)
  return lost === null ? endUnknown(command, view) : endLost(command, lost)
}

async function endFound(command: CommandSession, found: FoundState): Promise<Outcome> {
  const { request, context, session } = command
  if (found.state.stable === null) return firstVersion(command, found.state)
  recordExistingRelease(command, found.state)
  const by = request.runUrl ?? request.holder
  session.obeyedCommand = await sendCommand(session, found, { name: 'abort', by }, context.signal)
  const obeyed = await waitForHolder(session, found.state.id, () => false, context.signal)
  if (obeyed) return obeyedOutcome(command, obeyed)
  return putBackUnderLease(command, { force: true }, async () => {
    const now = await takeOverToEnd(session, context.signal)
    if (now.taken) return endHeld(command, by)
    if (now.found) return abortedOutcome(command, now.found.state)
    // Its state was taken away meanwhile, and is known here.
    session.held = found
    session.writesStateAnew = true
    return putBackHeld(command)
  })
}

/** What takes the traffic over already, or is about to, gets its image before and takes all of it. */
async function endHeld(command: CommandSession, by: string): Promise<Outcome> {
  const { session, context, request } = command
  const outcome = await putBackHeld(command)
  if (takeoverOf(heldState(session)) === null || outcome.exitCode === exitCodes.unsafe) return outcome
  const { capacityTimeout } = request.settings
  const turned = (state: ReleaseState, now: number) =>
    takeovers.turnedBack(state, { by, capacityTimeout }, now)
  // One that was turned back already goes on.
  if (heldState(session).unjudged === undefined) await applyState(session, turned, {}, context.signal)
  else await reopenTakeover(session, context.signal)
  return driveToEnd(command)
}

/** endLost ends a release whose state is lost: a process that drives it is given time to write it anew. */
async function endLost(command: CommandSession, lost: LostRelease): Promise<Outcome> {
  const { request, context, session } = command
  const anew = await waitForStateAnew(session, lost.unreadable?.text ?? null, context.signal)
  if (anew) return inFlight(anew.state) ? endFound(command, anew) : abortedOutcome(command, anew.state)
  return putBackUnderLease(command, { force: true }, async () => {
    const view = await readCluster(command, context.signal)
    const back = await endIfBack(command, view, lost)
    const state = heldState(session)
    if (state.stable === null) return firstVersion(command, state)
    if (back) return nothingToDo(request, backAlreadyText(lost), state)
    recordExistingRelease(command, state)
    const outcome = await putBackHeld(command)
    return {
      ...outcome,
      message: followedRoutesMessage(lostSentence(lostStateOf(lost)), outcome.message),
    }
  })
}

/** putBackHeld puts the traffic of the release that this session holds back, as an abort does. */
function putBackHeld(command: CommandSession): Promise<Outcome> {
  return putBack(command, 'aborted-by-command', (seen) =>
    abortedOutcome(command, heldState(command.session), seen),
  )
}

function firstVersion({ request }: CommandSession, state: ReleaseState): Outcome {
  return refusedOutcome(request, state, 'no-previous-version', firstVersionMessage(request.service, state))
}

/** The process that drove the release wrote; where requests end is looked at by this one too. */
async function obeyedOutcome(command: CommandSession, state: ReleaseState): Promise<Outcome> {
  const { request, session, context } = command
  if (state.phase !== 'rolled-back' || state.stable === null) return abortedOutcome(command, state)
  const { stray, harm } = await checkReach(session, pairOf(session.scope, state), context.signal)
  return harm
    ? notReachedOutcome(
        request,
        state,
        state.stable.version,
        stray,
        session.routing.inspectCommand(request.namespace),
      )
    : abortedOutcome(command, state, { elsewhere: stray })
}

function abortedOutcome(
  { request }: CommandSession,
  state: ReleaseState,
  seen: { elsewhere?: readonly string[]; sight?: Sight } = {},
): Outcome {
  if (state.phase !== 'rolled-back') {
    return nothingToDo(request, endedBeforeAbortMessage(state), state)
  }
  return outcomeOf(request, state, {
    result: 'rolled-back',
    reason: 'aborted-by-command',
    requested: true,
    message: trafficMoved(request, state.stable?.version ?? '', seen),
  })
}
