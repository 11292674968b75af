import { isFailure } from '../release/failure.ts'
import type { Request } from '../release/request.ts'
import { readStepRequest, type StepEnvironment } from './inputs.ts'
import type { Runner } from './runner.ts'
import type { SavedStep } from './step-state.ts'

/** Without these nobody knows which traffic to put back, and where. */
const needed = new Set(['namespace', 'service', 'kubeconfig', 'context'])

/**
 * readPostRequest makes the Request of the post step: by its inputs and what main saved of the config file, so that
 * it needs no file of the workspace. An option that can't be read any more, or a file that broke where nothing was
 * saved, is left out: post does with less rather than leave traffic where it is. It throws Failure `invalid-input`
 * where the target or the cluster is not known.
 */
export function readPostRequest(
  runner: Pick<Runner, 'input'>,
  surroundings: StepEnvironment,
  main: SavedStep,
): Request {
  const without = new Set<string>()
  let saved = main.options
  for (;;) {
    try {
      const { request } = readStepRequest(runner, surroundings, { saved, without })
      return main.holder === null ? request : { ...request, mainHolder: main.holder }
    } catch (error) {
      const next = leftOut(error, without)
      if (next !== null) without.add(next)
      else if (saved === null) saved = {}
      else throw error
    }
  }
}

/** leftOut gives the option that an error is about, where post can do without it; null where it can't. */
function leftOut(error: unknown, without: ReadonlySet<string>): string | null {
  if (!isFailure(error, 'invalid-input')) return null
  const { field } = error.details
  return typeof field === 'string' && !needed.has(field) && !without.has(field) ? field : null
}
