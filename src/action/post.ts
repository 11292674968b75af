import type { Commands } from '../commands/session/context.ts'
import { internalErrorOutcome } from '../config/failed-outcome.ts'
import { secretsOf } from '../config/secrets.ts'
import { userAgent } from '../config/version.ts'
import { type ExitCode, exitCodes } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { Request } from '../release/request.ts'
import { readStepRequest, type StepEnvironment } from './inputs.ts'
import { annotate } from './outcome-writer.ts'
import type { Runner } from './runner.ts'
import { createStepLog, type StepLog } from './step-log.ts'

/** All posts of a job share its five minutes; ours takes no more than two. */
const budgetMs = 120_000

/**
 * runPost is the action's post step. The main step's state is only a hint about whether there can be work: what
 * is true is read from the cluster. It never fails a job, except where traffic may be unsafe.
 */
export async function runPost(
  runner: Runner,
  surroundings: StepEnvironment,
  commands: Pick<Commands, 'runPost'>,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (runner.state('started') === '') {
    runner.line('Nothing was started, so there is nothing to put right.')
    return exitCodes.done
  }
  const ended = runner.state('ended')
  if (ended !== '' && !['cancelled', 'rollback-failed', 'internal', 'stable-unavailable'].includes(ended)) {
    runner.line(`The main step came to its end (${ended}); nothing to put right.`)
    return exitCodes.done
  }
  const { request } = readStepRequest(runner, surroundings)
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
