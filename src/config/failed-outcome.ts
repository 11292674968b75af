import { commandTraits } from '../release/commands.ts'
import { isFailure, sentenceOf } from '../release/failure.ts'
import { exitCodes } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { Request } from '../release/request.ts'
import { commandLine } from '../release/text/command-line.ts'

/** invalidInputOutcome is how a run ends whose inputs can't be understood: nothing was reached, nothing written. */
export function invalidInputOutcome(command: string, error: unknown): Outcome {
  return {
    ...blank(command),
    result: 'refused',
    reasonCode: 'bad-input',
    exitCode: exitCodes.badInput,
    message: `${sentenceOf(error).replace(/([^.?!])$/, '$1.')} Nothing was written.`,
  }
}

/**
 * internalErrorOutcome is how a run ends that threw: after a command that may move traffic nobody can vouch for the
 * routes, so a person must look.
 */
export function internalErrorOutcome(request: Request, error: unknown): Outcome {
  if (isFailure(error, 'invalid-input', 'invalid-config')) return invalidInputOutcome(request.command, error)
  const moved = commandTraits[request.command].writes
  const { namespace, service } = request
  const look = commandLine('status', request)
  return {
    ...blank(request.command),
    namespace,
    service,
    canaryVersion: request.version,
    result: moved ? 'unsafe' : 'refused',
    reasonCode: 'internal',
    exitCode: moved ? exitCodes.unsafe : exitCodes.refused,
    message: moved
      ? `Stopped by a fault of its own (${sentenceOf(error)}); the routes may be in between. Run: ${look}`
      : `Stopped by a fault of its own (${sentenceOf(error)}). Nothing was written.`,
  }
}

function blank(command: string): Outcome {
  return {
    schema: 1,
    command,
    result: 'refused',
    reasonCode: 'bad-input',
    exitCode: exitCodes.badInput,
    message: '',
    releaseId: null,
    namespace: '',
    service: '',
    stableVersion: null,
    canaryVersion: null,
    weight: null,
    nextCheckAt: null,
    report: null,
    commentUrl: null,
  }
}
