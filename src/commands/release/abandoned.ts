import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { endedMeanwhileMessage } from '../../report/words/outcome/in-flight.ts'
import { lostSentence } from '../../report/words/outcome/lost-release.ts'
import { checkReach } from '../../rollout/actions/reach-check.ts'
import { adoptLost, type LostRelease } from '../../rollout/lifecycle/lost-release.ts'
import type { RecoveryTimes } from '../../rollout/lifecycle/recovery.ts'
import { applyOnCancel, cancelReason } from '../../rollout/lifecycle/recovery.ts'
import { takeOverToEnd } from '../../rollout/lifecycle/take-over.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { heldState } from '../../rollout/session.ts'
import { rolledBack } from '../../rollout/state/transitions.ts'
import { nothingToDo, recoveryOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { hasCanaryTraffic, lostPair, lostStateOf } from '../session/lost-release.ts'
import { recordExistingRelease } from '../session/record-header.ts'

/**
 * isAbandoned tells a release in flight that somebody should go on with from one that was paused on purpose. A release
 * that is held because stable had no pods was paused by nobody.
 */
export function isAbandoned(state: ReleaseState | null): state is ReleaseState {
  return inFlight(state) && (state.phase !== 'paused' || state.reason === 'stable-unavailable')
}

/**
 * recoverLost does what `on-cancel` says to a release whose state is lost. null: its traffic is on stable already, and
 * nothing was written. It throws Failure('refused') where the holder lives.
 */
export async function recoverLost(
  command: CommandSession,
  view: ClusterView,
  lost: LostRelease,
  times: RecoveryTimes,
): Promise<Outcome | null> {
  const { request, context, session } = command
  return withTargetLease(session, { force: false }, context.signal, async () => {
    if (await endIfBack(command, view, lost)) return null
    recordExistingRelease(command, heldState(session))
    const cause = { kind: 'failure' as const, sentence: lostSentence(lostStateOf(lost)) }
    // Without any route nothing holds a share: the Service alone would go on feeding the canary.
    const reason = view.routes.objects.length === 0 ? 'drift' : 'cancelled'
    const recovery = await applyOnCancel(session, reason, cause, times)
    const inspect = session.routing.inspectCommand(request.namespace)
    return recoveryOutcome(request, heldState(session), recovery, inspect)
  })
}

/**
 * endIfBack makes a lost release this session's. true: all of its traffic reaches stable already, and nothing of it is
 * left to be put right.
 */
export async function endIfBack(
  command: CommandSession,
  view: ClusterView,
  lost: LostRelease,
): Promise<boolean> {
  const { session, context } = command
  adoptLost(session, lost, view)
  const notes = session.routing.notes(view.routing, session.scope)
  if (notes.length > 0 || hasCanaryTraffic(command, view, lost)) return false
  const { harm } = await checkReach(session, lostPair(command, lost), context.signal)
  if (harm || session.held === null) return false
  // The Lease names it no more.
  session.held = { ...session.held, state: rolledBack(heldState(session), 'drift', session.clock.now()) }
  return true
}

/**
 * recoverAbandoned does what `on-cancel` says to a release in flight whose holder is gone; one that was
 * rolling back already is rolled back to the end. It throws Failure('refused') where the holder lives.
 */
export async function recoverAbandoned(
  command: CommandSession,
  state: ReleaseState,
  times: RecoveryTimes,
): Promise<Outcome> {
  const { request, context, session } = command
  return withTargetLease(session, { force: false }, context.signal, async () => {
    recordExistingRelease(command, state)
    const { taken } = await takeOverToEnd(session, context.signal)
    if (!taken) return nothingToDo(request, endedMeanwhileMessage(state))
    const cause = { kind: 'abandoned' as const, holder: state.holder }
    return recoveryOutcome(
      request,
      heldState(session),
      await applyOnCancel(session, cancelReason(heldState(session)), cause, times),
      session.routing.inspectCommand(request.namespace),
    )
  })
}
