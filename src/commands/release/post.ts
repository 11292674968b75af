import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { hasEnded } from '../../release/state/phases.ts'
import { isDriven } from '../../rollout/lifecycle/holder.ts'
import type { LostRelease } from '../../rollout/lifecycle/lost-release.ts'
import { nothingToDo } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { removeTemporary } from '../session/image/leftovers.ts'
import { findLost } from '../session/lost-release.ts'
import { isAbandoned, recoverAbandoned, recoverLost } from './abandoned.ts'

/** How long post waits for pods of stable, and may take altogether (ms): the runner gives it 300 s. */
const postTimes = { waitFor: 120_000, limit: 200_000, watch: null }

/**
 * post is the post step: it does what `on-cancel` says where main left a release behind. How main ended plays no part:
 * a main step that came to an end of its own gave its Lease back. null: nothing was left.
 */
export async function post(command: CommandSession): Promise<Outcome | null> {
  const { request, context, session } = command
  const view = await readCluster(command, context.signal)
  const state = view.found?.state ?? null
  const lost = findLost(command, view)
  const abandoned = lost === null && isAbandoned(state) && session.succeeds(state.holder) ? state : null
  if (lost === null && abandoned === null) return tidyEnded(command, view)
  const { lease } = view
  if (lease?.holder === '') return null
  // Between turns of step mode a release stays in flight; without a Lease nothing tells that from a loss.
  if (lease === null && request.settings.mode === 'step') return null
  try {
    if (abandoned !== null) return await recoverAbandoned(command, abandoned, postTimes)
    if (lost === null || (await isOthers(command, lost, lease))) return null
    return await recoverLost(command, view, lost, postTimes)
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(request, sentenceOf(error))
    throw error
  }
}

/** isOthers: another process holds the lost release. One whose Lease and state were taken from it writes both anew. */
async function isOthers(
  { session, context }: CommandSession,
  { unreadable }: LostRelease,
  lease: ClusterView['lease'],
): Promise<boolean> {
  if (lease !== null) return !session.succeeds(lease.holder)
  return isDriven(session, unreadable?.text ?? null, context.signal)
}

/** tidyEnded removes the temporary canary of a release that main ended, and died before it did so. */
async function tidyEnded(command: CommandSession, view: ClusterView): Promise<null> {
  const { session } = command
  const state = view.found?.state ?? null
  if (state?.workload?.inPlace === undefined || !hasEnded(state.phase)) return null
  const { lease } = view
  if (lease !== null && session.succeeds(lease.holder)) await removeTemporary(command, view)
  return null
}
