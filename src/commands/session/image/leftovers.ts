import { refText } from '../../../release/kubernetes.ts'
import { hasEnded } from '../../../release/state/phases.ts'
import { isRaised } from '../../../rollout/actions/canary/autoscaling.ts'
import { leftObjects, removeLeft } from '../../../rollout/actions/canary/canary.ts'
import { noteReturned } from '../../../rollout/actions/canary/track.ts'
import { cleanUpWorkloads, unneededWorkloads } from '../../../rollout/actions/canary/workload-cleanup.ts'
import { withTargetLease } from '../../../rollout/lifecycle/target-lease.ts'
import type { FoundState } from '../../../rollout/session.ts'
import { heldState, readStored } from '../../../rollout/session.ts'
import type { ClusterView } from '../cluster-view.ts'
import type { CommandSession } from '../command-session.ts'

/** Leftovers names what was left behind: what was removed, and what was given back what it had. */
interface Leftovers {
  removed: string[]
  returned: string[]
}

const nothing: Leftovers = { removed: [], returned: [] }

/**
 * removeLeftovers removes what releases that have ended made and left behind, found by its labels: of dead runs, and of
 * versions before those that may be returned to. What they borrowed they give back.
 */
export async function removeLeftovers(command: CommandSession, view: ClusterView): Promise<Leftovers> {
  const { session, adapters, context, request } = command
  const { found } = view
  if (found === null) return nothing
  const { objects } = await adapters.cluster.objects(request.namespace, ['Deployment'], context.signal)
  const asked = { service: request.service, retain: request.settings.retain }
  const unneeded = unneededWorkloads(objects, found.state, asked, view.routes.serving)
  const leaves = await leavesCanary(command, found)
  if (unneeded.length === 0 && !leaves) return nothing
  return underLease(command, found, async () => {
    const { removed, returned } = leaves ? await removeCanaryLeft(command) : nothing
    return { removed: [...removed, ...(await cleanUpWorkloads(session))], returned }
  })
}

/**
 * removeTemporary does so for the canary alone of a release that has ended, and whose run died before it did. true:
 * something was changed. It throws what taking the Lease throws.
 */
export async function removeTemporary(command: CommandSession, { found }: ClusterView): Promise<boolean> {
  if (found === null || !(await leavesCanary(command, found))) return false
  const { removed, returned } = await underLease(command, found, () => removeCanaryLeft(command))
  return removed.length + returned.length > 0
}

async function leavesCanary({ session, context }: CommandSession, { state }: FoundState): Promise<boolean> {
  const { inPlace } = state.workload ?? {}
  if (inPlace === undefined || !hasEnded(state.phase)) return false
  if (inPlace.track?.owed !== undefined) return true
  if ((await leftObjects(session, state, context.signal)).length > 0) return true
  return isRaised(session, state, context.signal)
}

async function removeCanaryLeft({ session, context }: CommandSession): Promise<Leftovers> {
  const done = await removeLeft(session, context.signal)
  if (done === null) return nothing
  const borrowed = heldState(session).workload?.inPlace?.track !== undefined
  await noteReturned(session, context.signal)
  const names = done.map(refText)
  return borrowed ? { removed: [], returned: names } : { removed: names, returned: [] }
}

/** What was seen must hold still once nobody else writes. */
function underLease(
  { session, context }: CommandSession,
  found: FoundState,
  remove: () => Promise<Leftovers>,
): Promise<Leftovers> {
  return withTargetLease(session, { force: false }, context.signal, async () => {
    const now = await readStored(session, context.signal)
    if (now.found?.text !== found.text) return nothing
    session.held = found
    try {
      return await remove()
    } finally {
      session.held = null
    }
  })
}
