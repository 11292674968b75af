import { isFailure, sentenceOf } from '../../release/failure.ts'
import { defineCommand } from '../command.ts'
import { nothingToDo, requested } from '../outcomes.ts'
import { readCluster } from '../session/cluster-view.ts'
import { isAbandoned, recoverAbandoned } from './abandoned.ts'

/** What writing and reading back may take beside waiting for pods (ms). */
const writingTime = 180_000

/**
 * reconcileCommand puts a release right whose holder vanished: what `on-cancel` says is done. A living holder is left
 * alone, a release that was paused on purpose too.
 */
export const reconcileCommand = defineCommand('reconcile', async (command) => {
  const { request, context } = command
  const state = (await readCluster(command, context.signal)).found?.state ?? null
  if (!isAbandoned(state)) {
    const message = `No release of ${request.namespace}/${request.service} was left behind.`
    return nothingToDo(request, message, state)
  }
  const waitFor = request.settings.capacityTimeout
  try {
    const times = { waitFor, limit: waitFor + writingTime, watch: context.signal }
    return requested(await recoverAbandoned(command, state, times))
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(request, sentenceOf(error))
    throw error
  }
})
