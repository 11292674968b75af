import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { hasEnded } from '../../../release/state/phases.ts'
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
  const left = await temporaryObjects(command, found)
  if (unneeded.length + left.length === 0) return []
  return underLease(command, found, async () => [
    ...(left.length === 0 ? [] : (await removeLeft(session, context.signal)).map(refText)),
    ...(await cleanUpWorkloads(session)),
  ])
}

/**
 * removeTemporary removes the temporary canary of a release that has ended and whose run died before it did so. It
 * gives the names of what it removed; it throws what taking the Lease throws.
 */
export async function removeTemporary(command: CommandSession, { found }: ClusterView): Promise<string[]> {
  if (found === null || (await temporaryObjects(command, found)).length === 0) return []
  const { session, context } = command
  return underLease(command, found, async () => (await removeLeft(session, context.signal)).map(refText))
}

async function temporaryObjects(
  { session, context }: CommandSession,
  { state }: FoundState,
): Promise<KubeObject[]> {
  if (state.workload?.inPlace === undefined || !hasEnded(state.phase)) return []
  return (await leftObjects(session, state, context.signal)).map(({ object }) => object)
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
