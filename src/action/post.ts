import type { Commands } from '../commands/session/context.ts'
import { internalErrorOutcome } from '../config/failed-outcome.ts'
import { secretsOf } from '../config/secrets.ts'
import { userAgent } from '../config/version.ts'
import { sentenceOf } from '../release/failure.ts'
import { type ExitCode, exitCodes } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { Request } from '../release/request.ts'
import type { StepEnvironment } from './inputs.ts'
import { annotate } from './outcome-writer.ts'
import { readPostRequest } from './post-request.ts'
import type { Runner } from './runner.ts'
import { createStepLog, type StepLog } from './step-log.ts'
import { readSavedStep } from './step-state.ts'

/** All posts of a job share its five minutes: ours leaves one to the others. */
const budgetMs = 240_000

/**
 * runPost is the action's post step. How main ended plays no part: what is true is read from the cluster. It never
 * fails a job, except where traffic may be unsafe.
 */
export async function runPost(
  runner: Runner,
  surroundings: StepEnvironment,
  commands: Pick<Commands, 'runPost'>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const main = readSavedStep(runner)
  if (main.started === 'no') return nothingStarted(runner)
  let request: Request
  try {
    request = readPostRequest(runner, surroundings, main)
  } catch (error) {
    // A main step that could not read its own inputs started nothing; any other may have left traffic divided.
    return main.started === 'yes' ? unknownTarget(runner, error) : nothingStarted(runner)
  }
  for (const secret of secretsOf(request)) runner.mask(secret)
  const log = createStepLog(runner)
  const outcome = await finish(runner, surroundings, commands, request, log, signal)
  if (outcome === null) {
    runner.line('This run holds no release any more; nothing to put right.')
    return exitCodes.done
  }
  log.end(outcome)
  if (outcome.exitCode !== exitCodes.unsafe) return exitCodes.done
  annotate(runner, outcome)
  return outcome.exitCode
}

function nothingStarted(runner: Runner): ExitCode {
  runner.line('Nothing was started, so there is nothing to put right.')
  return exitCodes.done
}

function unknownTarget(runner: Runner, error: unknown): ExitCode {
  const text = `The post step can't tell which release to put right: ${sentenceOf(error)} Run "shiftgate reconcile" with the same inputs.`
  runner.error(text, { title: 'Traffic may be left divided' })
  return exitCodes.unsafe
}

async function finish(
  runner: Runner,
  { env }: StepEnvironment,
  commands: Pick<Commands, 'runPost'>,
  request: Request,
  log: StepLog,
  signal: AbortSignal,
): Promise<Outcome | null> {
  try {
    return await commands.runPost(request, {
      env,
      signal: AbortSignal.any([signal, AbortSignal.timeout(budgetMs)]),
      random: Math.random,
      onEvent: (event) => log.event(event),
      mask: (secret) => runner.mask(secret),
      userAgent,
      hasPost: false,
    })
  } catch (error) {
    return internalErrorOutcome(request, error)
  }
}
