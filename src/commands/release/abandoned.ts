import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { applyOnCancel } from '../../rollout/lifecycle/recovery.ts'
import { takeOverInFlight } from '../../rollout/lifecycle/take-over.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { heldState } from '../../rollout/session.ts'
import { nothingToDo, recoveryOutcome } from '../outcomes.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { recordExistingRelease } from '../session/record-header.ts'

/**
 * recoverAbandoned does what `on-cancel` says to a release in flight that its holder left; `ours` says of which
 * releases that may be thought. It throws Failure('refused') where the holder lives.
 */
export async function recoverAbandoned(
  command: CommandSession,
  ours: (state: ReleaseState) => boolean,
): Promise<Outcome> {
  const { request, context, session } = command
  const state = (await readCluster(command, context.signal)).found?.state ?? null
  if (!inFlight(state) || state.phase === 'paused' || !ours(state)) {
    return nothingToDo(request, `No release of ${request.namespace}/${request.service} was left behind.`)
  }
  return withTargetLease(session, { force: false }, context.signal, async () => {
    recordExistingRelease(command, state)
    const { taken } = await takeOverInFlight(session, context.signal)
    if (!taken) return nothingToDo(request, `Release ${state.id} has ended meanwhile.`)
    const recovery = await applyOnCancel(session, 'cancelled', `It had been left by ${state.holder}.`)
    return recoveryOutcome(request, heldState(session), recovery)
  })
}
