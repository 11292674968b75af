import { isFailure, sentenceOf } from '../../release/failure.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import { leftoversText } from '../../report/words/inspect/canary-plan.ts'
import { nothingLeftBehindMessage } from '../../report/words/outcome/in-flight.ts'

import { defineCommand } from '../command.ts'
import { nothingToDo, requested } from '../outcomes.ts'
import { readCluster } from '../session/cluster-view.ts'
import { removeLeftovers } from '../session/image/leftovers.ts'
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
  const lost = findLost(command, view)
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
    const removed = leftoversText(await removeLeftovers(command, view))
    return nothingToDo(request, `${nothingLeftBehindMessage(request)}${removed}`, state)
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(request, sentenceOf(error))
    throw error
  }
})
