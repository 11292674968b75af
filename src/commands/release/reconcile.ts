import { isFailure, sentenceOf } from '../../release/failure.ts'
import { refText } from '../../release/kubernetes.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import { removedText } from '../../report/words/inspect/canary-plan.ts'
import { nothingLeftBehindMessage } from '../../report/words/outcome/in-flight.ts'
import { leftObjects, removeLeft } from '../../rollout/actions/canary.ts'
import { cleanUpWorkloads, unneededWorkloads } from '../../rollout/actions/workload-cleanup.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { readStored } from '../../rollout/session.ts'
import { defineCommand } from '../command.ts'
import { nothingToDo, requested } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { backAlreadyText, findLost, refuseUnreadable } from '../session/lost-release.ts'
import { isAbandoned, recoverAbandoned, recoverLost } from './abandoned.ts'

/** What writing and reading back may take beside waiting for pods (ms). */
const writingTime = 180_000

/**
 * reconcileCommand puts a release right whose holder vanished: what `on-cancel` says is done. A living holder is left
 * alone, a release that was paused on purpose too.
 */
export const reconcileCommand = defineCommand('reconcile', async (command) => {
  const { request, context } = command
  const view = await readCluster(command, context.signal)
  const state = view.found?.state ?? null
  const waitFor = request.settings.capacityTimeout
  const times = { waitFor, limit: waitFor + writingTime, watch: context.signal }
  const lost = await findLost(command, view)
  try {
    if (lost !== null) {
      const ended = await recoverLost(command, view, lost, times)
      return requested(ended ?? nothingToDo(request, backAlreadyText(lost)))
    }
    if (isAbandoned(state)) {
      const outcome = await recoverAbandoned(command, state, times)
      return takeoverOf(state) === null ? requested(outcome) : outcome
    }
    if (view.unreadable !== null) return refuseUnreadable(command, view.unreadable)
    const removed = state === null ? '' : await removeLeftovers(command, view)
    return nothingToDo(request, `${nothingLeftBehindMessage(request)}${removed}`, state)
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(request, sentenceOf(error))
    throw error
  }
})

/**
 * removeLeftovers removes what releases that have ended made and left behind, found by its labels: of dead runs, and of
 * versions before those that may be returned to. It gives what it removed as sentences, each after a space.
 */
async function removeLeftovers(
  { session, adapters, context, request }: CommandSession,
  view: ClusterView,
): Promise<string> {
  const { found } = view
  if (found === null) return ''
  const { signal } = context
  const { state } = found
  const { objects } = await adapters.cluster.objects(request.namespace, ['Deployment'], signal)
  const asked = { service: request.service, retain: request.settings.retain }
  const temporary = state.workload?.inPlace === undefined ? [] : await leftObjects(session, state, signal)
  const unneeded = unneededWorkloads(objects, state, asked, view.routes.serving)
  if (unneeded.length + temporary.length === 0) return ''
  const removed = await withTargetLease(session, { force: false }, signal, async () => {
    const now = await readStored(session, signal)
    if (now.found?.text !== found.text) return []
    session.held = found
    const gone = temporary.length === 0 ? [] : await removeLeft(session, signal)
    return [...gone.map(refText), ...(await cleanUpWorkloads(session))]
  })
  return removedText(removed)
}
