import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { readTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { nothingToDo } from '../outcomes.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { recoverAbandoned } from './abandoned.ts'

/** post is the post step: it does what `on-cancel` says if this very run still holds the release. */
export async function post(command: CommandSession): Promise<Outcome | null> {
  const { request, context, session } = command
  const state = (await readCluster(command, context.signal)).found?.state ?? null
  const lease = await readTargetLease(session, context.signal)
  const ours = inFlight(state) && state.run === request.run
  if (!ours || lease?.run !== request.run || lease.holder === '') return null
  try {
    return await recoverAbandoned(command, ({ run }) => run === request.run)
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(request, sentenceOf(error))
    throw error
  }
}
