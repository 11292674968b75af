import type { Outcome } from '../../../release/outcome/outcome.ts'
import { obstacleOf } from '../../../release/record/obstacle.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { takeoverOf } from '../../../release/state/takeover.ts'
import {
  goesOnText,
  noPodsText,
  notNewerText,
  noWayBackText,
  supersededText,
  takingOverText,
} from '../../../report/words/contention.ts'
import { trafficMoved } from '../../../report/words/outcome/ending-message.ts'
import { identityRefusalMessage } from '../../../report/words/outcome/identity-refusal.ts'
import { endedMeanwhileMessage } from '../../../report/words/outcome/in-flight.ts'
import { checkReach } from '../../../rollout/actions/reach-check.ts'
import { stillReached } from '../../../rollout/actions/roll-back/proof.ts'
import { watchShare } from '../../../rollout/actions/roll-back/share-watch.ts'
import { readinessOf } from '../../../rollout/decision/capacity.ts'
import { sendCommand, waitForHolder } from '../../../rollout/lifecycle/holder.ts'
import { maySupersede } from '../../../rollout/lifecycle/succession.ts'
import { takeOverInFlight } from '../../../rollout/lifecycle/take-over.ts'
import { holdTargetLease, readTargetLease } from '../../../rollout/lifecycle/target-lease.ts'
import type { FoundState } from '../../../rollout/session.ts'
import { heldState, pairOf, readStored } from '../../../rollout/session.ts'
import * as transitions from '../../../rollout/state/transitions.ts'
import {
  nothingToDo,
  notReachedOutcome,
  outcomeOf,
  preflightRefusal,
  refusedOutcome,
  rollbackFailedOutcome,
} from '../../outcomes.ts'
import type { ClusterView } from '../../session/cluster-view.ts'
import type { CommandSession } from '../../session/command-session.ts'
import { askedVersion, withPlannedCanary } from '../../session/image/image-canary.ts'
import { checkRelease, refuseCanary } from '../../start/canary-checks.ts'
import { identifyAsked } from '../../start/identify-asked.ts'
import { endingInSafety, givingLeaseBack } from '../in-flight.ts'
import { putBack } from '../rollback-paths/put-back.ts'
import { commentSuperseded } from './superseded-comment.ts'

/**
 * supersede ends the release in flight, for that of `command` to begin: all traffic goes to stable, and is seen there. The
 * process that drives it is asked and given 20 s; then, or where it is gone, this one takes over. null: it has ended.
 * What stands in the way of the newer release is found out first: nothing is ended for one that could not begin.
 * `foundIt`: it was in flight when this run first looked.
 */
export async function supersede(
  command: CommandSession,
  view: ClusterView,
  found: FoundState,
  foundIt: boolean,
): Promise<Outcome | null> {
  const { request, context, recorder } = command
  const { state } = found
  const version = view.asked.version ?? ''
  const refused =
    refuseOrder(command, state, { version, foundIt }) ?? (await refuseNewer(command, view, state))
  if (refused) return refused
  // The older release has a hold of its own: nothing of it may be left in the one that begins.
  const older: CommandSession = { ...command, session: { ...command.session } }
  recorder.record({ type: 'phase', phase: 'superseding', version, release: obstacleOf(state) })
  const by = `${version} (${request.runUrl ?? request.holder})`
  const order = { name: 'supersede' as const, by }
  older.session.obeyedCommand = await sendCommand(older.session, found, order, context.signal)
  const obeyed = await waitForHolder(older.session, state.id, () => false, context.signal)
  return obeyed ? seenAway(older, obeyed) : endByOwnHand(older, state, by)
}

/** A release that has no version to return to, and one that a newer run began, are not ended for this one. */
function refuseOrder(
  { request }: CommandSession,
  state: ReleaseState,
  { version, foundIt }: { version: string; foundIt: boolean },
): Outcome | null {
  const obstacle = obstacleOf(state)
  if (takeoverOf(state) !== null) {
    return refusedOutcome(request, state, 'release-in-flight', takingOverText(obstacle))
  }
  if (state.stable === null) {
    return refusedOutcome(request, state, 'no-previous-version', noWayBackText(obstacle, request.service))
  }
  const { holder, service } = request
  return maySupersede({ holder, service, version, foundIt }, state)
    ? null
    : refusedOutcome(request, state, 'release-in-flight', notNewerText(obstacle))
}

/** refuseNewer is the refusal of a release that could not begin once the one in flight is ended; null where it could. */
async function refuseNewer(
  command: CommandSession,
  view: ClusterView,
  state: ReleaseState,
): Promise<Outcome | null> {
  const { request, session, context } = command
  const pair = pairOf(session.scope, state)
  const { ready } = readinessOf(view.workloads, state.stable?.version ?? '')
  if (ready === 0 && session.routing.canaryShare(view.routing, pair).max > 0) {
    return refusedOutcome(request, state, 'stable-unavailable', noPodsText(obstacleOf(state)))
  }
  const back = session.routing.plan(view.routing, pair, { kind: 'put-back', restore: state.restore })
  // Routes that can't be planned on are for the rollback to repair.
  if (!back.ok) return null
  const routes = session.routing.view(back.after, session.scope)
  const ended = transitions.rolledBack(state, 'superseded', session.clock.now())
  const found = view.found && { ...view.found, state: ended }
  const { workloads: running, hosts } = view
  const seen = { workloads: running, routing: back.after, routes, state: ended, hosts }
  const newer = await askedVersion(command, seen, context.signal)
  const workloads = withPlannedCanary(running, newer.plan)
  const after: ClusterView = { ...view, routing: back.after, routes, workloads, found, asked: newer }
  const impossible = refuseCanary(command, after)
  if (impossible) return impossible
  const identity = identifyAsked(request, after)
  if (identity.kind === 'refused') {
    const text = goesOnText(obstacleOf(state), identityRefusalMessage(identity.refusal))
    return refusedOutcome(request, state, identity.reason, text)
  }
  if (identity.kind !== 'start') return null
  await session.metrics.probe(context.signal)
  return preflightRefusal(request, state, await checkRelease(command, after, identity, context.signal))
}

/** The process that drove it put traffic back; where requests end is seen by this one too. */
async function seenAway(older: CommandSession, state: ReleaseState): Promise<Outcome | null> {
  const { request, session, context } = older
  session.held = (await readStored(session, context.signal)).found
  if (state.phase !== 'rolled-back' || session.held?.state.id !== state.id) return null
  const { stray, harm } = await checkReach(session, pairOf(session.scope, state), context.signal)
  const inspect = session.routing.inspectCommand(request.namespace)
  if (harm) return notReachedOutcome(request, state, state.stable?.version ?? '', stray, inspect)
  const sight = await watchShare(session, state.endedAt ?? session.clock.now(), context.signal)
  return sight.kind === 'seen' && sight.lasting
    ? rollbackFailedOutcome(request, state, stillReached(sight), inspect)
    : null
}

/** Only the Lease of the very process that was asked is taken by force: anybody else's is waited for. */
async function endByOwnHand(older: CommandSession, state: ReleaseState, by: string): Promise<Outcome | null> {
  const { request, session, context } = older
  const { signal } = context
  const lease = await readTargetLease(session, signal)
  await holdTargetLease(session, { force: lease?.holder === state.holder }, signal)
  let away = false
  const outcome = await givingLeaseBack(older, () =>
    endingInSafety(older, async (): Promise<Outcome> => {
      const { taken, found } = await takeOverInFlight(session, signal)
      away = !taken
      if (!taken) return nothingToDo(request, endedMeanwhileMessage(state), found?.state)
      const ended = await putBack(older, 'superseded', (seen) => {
        away = true
        const message = supersededText(by, trafficMoved(request, state.stable?.version ?? '', seen))
        return outcomeOf(request, heldState(session), {
          result: 'rolled-back',
          reason: 'superseded',
          message,
        })
      })
      await commentSuperseded(older, state, ended)
      return ended
    }),
  )
  return away && !signal.aborted ? null : outcome
}
