import { refText } from '../../../release/kubernetes.ts'
import { hasEnded } from '../../../release/state/phases.ts'
import { isRaised } from '../../../rollout/actions/autoscaling.ts'
import { leftObjects, removeLeft } from '../../../rollout/actions/canary.ts'
import { cleanUpWorkloads, unneededWorkloads } from '../../../rollout/actions/workload-cleanup.ts'
import { withTargetLease } from '../../../rollout/lifecycle/target-lease.ts'
import type { FoundState } from '../../../rollout/session.ts'
import { readStored } from '../../../rollout/session.ts'
import type { ClusterView } from '../cluster-view.ts'
import type { CommandSession } from '../command-session.ts'

/**
 * removeLeftovers removes what releases that have ended made and left behind, found by its labels: of dead runs, and of
 * versions before those that may be returned to. It gives the names of what it removed.
 */
export async function removeLeftovers(command: CommandSession, view: ClusterView): Promise<string[]> {
  const { session, adapters, context, request } = command
  const { found } = view
  if (found === null) return []
  const { objects } = await adapters.cluster.objects(request.namespace, ['Deployment'], context.signal)
  const asked = { service: request.service, retain: request.settings.retain }
  const unneeded = unneededWorkloads(objects, found.state, asked, view.routes.serving)
  const left = await isLeft(command, found)
  if (unneeded.length === 0 && !left) return []
  return underLease(command, found, async () => [
    ...(left ? (await removeLeft(session, context.signal)).map(refText) : []),
    ...(await cleanUpWorkloads(session)),
  ])
}

/**
 * removeTemporary removes the temporary canary of a release that has ended and whose run died before it did so. It
 * gives the names of what it removed; it throws what taking the Lease throws.
 */
export async function removeTemporary(command: CommandSession, { found }: ClusterView): Promise<string[]> {
  if (found === null || !(await isLeft(command, found))) return []
  const { session, context } = command
  return underLease(command, found, async () => (await removeLeft(session, context.signal)).map(refText))
}

/** Whether a temporary canary that has ended is still there, or what it borrowed is not given back. */
async function isLeft({ session, context }: CommandSession, { state }: FoundState): Promise<boolean> {
  if (state.workload?.inPlace === undefined || !hasEnded(state.phase)) return false
  if ((await leftObjects(session, state, context.signal)).length > 0) return true
  return isRaised(session, state, context.signal)
}

/** What was seen must hold still once nobody else writes. */
function underLease(
  { session, context }: CommandSession,
  found: FoundState,
  remove: () => Promise<string[]>,
): Promise<string[]> {
  return withTargetLease(session, { force: false }, context.signal, async () => {
    const now = await readStored(session, context.signal)
    if (now.found?.text !== found.text) return []
    session.held = found
    try {
      return await remove()
    } finally {
      session.held = null
    }
  })
}
