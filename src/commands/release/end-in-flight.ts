import type { Outcome } from '../../release/outcome/outcome.ts'
import type { Sight } from '../../release/outcome/sight.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { trafficMoved } from '../../report/words/outcome/ending-message.ts'
import { checkReach } from '../../rollout/actions/reach-check.ts'
import { rollBackTraffic } from '../../rollout/actions/roll-back.ts'
import { sendCommand, waitForHolder } from '../../rollout/lifecycle/holder.ts'
import { takeOverInFlight } from '../../rollout/lifecycle/take-over.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { heldState, pairOf } from '../../rollout/session.ts'
import {
  nothingToDo,
  notReachedOutcome,
  outcomeOf,
  refusedOutcome,
  rollbackFailedOutcome,
  stableUnavailableOutcome,
} from '../outcomes.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { recordExistingRelease } from '../session/record-header.ts'

/**
 * endInFlight ends the release in flight with everything on stable. A live holder is asked and given 20 s; then, or
 * where it is gone, this process takes over and does it.
 */
export async function endInFlight(command: CommandSession): Promise<Outcome> {
  const { request, context, session } = command
  const { found } = await readCluster(command, context.signal)
  if (!found || !inFlight(found.state)) {
    const message = `No release of ${request.namespace}/${request.service} is in flight: nothing was changed.`
    return nothingToDo(request, message, found?.state ?? null)
  }
  if (found.state.stable === null) {
    const message = `${found.state.canary.version} is the first version of ${request.service}: there is nothing to return to.`
    return refusedOutcome(request, found.state, 'no-previous-version', message)
  }
  recordExistingRelease(command, found.state)
  const by = request.runUrl ?? request.holder
  session.obeyedCommand = await sendCommand(session, found, { name: 'abort', by }, context.signal)
  const obeyed = await waitForHolder(session, found.state.id, () => false, context.signal)
  if (obeyed) return obeyedOutcome(command, obeyed)
  return withTargetLease(session, { force: true }, context.signal, async () => {
    try {
      const now = await takeOverInFlight(session, context.signal)
      if (!now.taken) return abortedOutcome(command, now.found?.state ?? found.state)
      const cause = {
        reason: 'aborted-by-command' as const,
        canaryFails: null,
        waitFor: request.settings.capacityTimeout,
        watch: context.signal,
      }
      const result = await rollBackTraffic(session, cause, context.signal)
      return result.kind === 'rolled-back'
        ? abortedOutcome(command, heldState(session), result)
        : stableUnavailableOutcome(request, heldState(session), result.shortage)
    } catch (error) {
      const inspect = session.routing.inspectCommand(request.namespace)
      return rollbackFailedOutcome(request, session.held?.state ?? null, error, inspect)
    }
  })
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
    const message = `Release ${state.id} had ended before it could be aborted: ${state.canary.version} serves.`
    return nothingToDo(request, message, state)
  }
  return outcomeOf(request, state, {
    result: 'rolled-back',
    reason: 'aborted-by-command',
    requested: true,
    message: trafficMoved(request, state.stable?.version ?? '', seen),
  })
}
