import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import type { RecoveryTimes } from '../../rollout/lifecycle/recovery.ts'
import { applyOnCancel, cancelReason } from '../../rollout/lifecycle/recovery.ts'
import { takeOverInFlight } from '../../rollout/lifecycle/take-over.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { heldState } from '../../rollout/session.ts'
import { nothingToDo, recoveryOutcome } from '../outcomes.ts'
import type { CommandSession } from '../session/command-session.ts'
import { recordExistingRelease } from '../session/record-header.ts'

/**
 * isAbandoned tells a release in flight that somebody should go on with from one that was paused on purpose. A release
 * that is held because stable had no pods was paused by nobody.
 */
export function isAbandoned(state: ReleaseState | null): state is ReleaseState {
  return inFlight(state) && (state.phase !== 'paused' || state.reason === 'stable-unavailable')
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
    const { taken } = await takeOverInFlight(session, context.signal)
    if (!taken) return nothingToDo(request, `Release ${state.id} has ended meanwhile.`)
    const cause = { kind: 'abandoned' as const, holder: state.holder }
    return recoveryOutcome(
      request,
      heldState(session),
      await applyOnCancel(session, cancelReason(heldState(session)), cause, times),
      session.routing.inspectCommand(request.namespace),
    )
  })
}
