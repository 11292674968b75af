import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import type { LostRelease } from '../../rollout/lifecycle/lost-release.ts'
import { defineCommand } from '../command.ts'
import { nothingToDo, requested } from '../outcomes.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { findLost, lostSentence, refuseLost } from '../session/lost-release.ts'
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
    if (lost !== null)
      return requested((await recoverLost(command, view, lost, times)) ?? backAlready(command, lost))
    if (isAbandoned(state)) return requested(await recoverAbandoned(command, state, times))
    if (view.unreadable !== null) return (await refuseLost(command, view)) as Outcome
    return nothingToDo(
      request,
      `No release of ${request.namespace}/${request.service} was left behind.`,
      state,
    )
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(request, sentenceOf(error))
    throw error
  }
})

function backAlready({ request }: CommandSession, lost: LostRelease): Outcome {
  const stable = lost.name.stable?.version ?? lost.name.canary.version
  return nothingToDo(
    request,
    `${lostSentence(lost)} All traffic is on ${stable} already: nothing was changed.`,
  )
}
