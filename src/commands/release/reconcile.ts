import { isFailure, sentenceOf } from '../../release/failure.ts'
import { defineCommand } from '../command.ts'
import { nothingToDo, requested } from '../outcomes.ts'
import { recoverAbandoned } from './abandoned.ts'

/**
 * reconcileCommand puts a release right whose holder vanished: what `on-cancel` says is done. A living holder is left
 * alone, a paused release too: somebody decided that.
 */
export const reconcileCommand = defineCommand('reconcile', async (command) => {
  try {
    return requested(await recoverAbandoned(command, () => true))
  } catch (error) {
    if (isFailure(error, 'refused')) return nothingToDo(command.request, sentenceOf(error))
    throw error
  }
})
