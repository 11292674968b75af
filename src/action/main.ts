import type { Commands } from '../commands/session/context.ts'
import { internalErrorOutcome, invalidInputOutcome } from '../config/failed-outcome.ts'
import type { ResolvedRequest } from '../config/resolve.ts'
import { secretsOf } from '../config/secrets.ts'
import { userAgent } from '../config/version.ts'
import type { ExitCode } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { RecordEvent } from '../release/record/record.ts'
import type { Request } from '../release/request.ts'
import { readStepRequest, type StepEnvironment } from './inputs.ts'
import { annotate, writeOutputs } from './outcome-writer.ts'
import type { Runner } from './runner.ts'
import { createStepLog } from './step-log.ts'
import { saveStep } from './step-state.ts'

/** How long a cancelled command may take to end by itself; the runner kills the process after 7.5 s. */
const graceMs = 1500

/**
 * runMain is the action's main step: inputs in, outputs, annotations, summary and exit code out. When `signal`
 * aborts it ends within 2 s, whatever the command is waiting for: putting traffic back is the post step's work.
 */
export async function runMain(
  runner: Runner,
  surroundings: StepEnvironment,
  commands: Pick<Commands, 'runCommand'>,
  signal: AbortSignal,
): Promise<ExitCode> {
  let resolved: ResolvedRequest
  try {
    resolved = readStepRequest(runner, surroundings)
  } catch (error) {
    const outcome = invalidInputOutcome('rollout', error)
    writeOutputs(runner, outcome)
    annotate(runner, outcome, error)
    return outcome.exitCode
  }
  const { request } = resolved
  for (const secret of secretsOf(request)) runner.mask(secret)
  runner.group(
    'Options',
    resolved.options.map(({ name, value, from }) => `${name}: ${value}  (${from})`),
  )
  saveStep(runner, request, resolved.options)
  return runRequest(runner, surroundings, commands, request, signal)
}

async function runRequest(
  runner: Runner,
  { env }: StepEnvironment,
  commands: Pick<Commands, 'runCommand'>,
  request: Request,
  signal: AbortSignal,
): Promise<ExitCode> {
  const log = createStepLog(runner)
  let cause: unknown = null
  const context = {
    env,
    signal,
    random: Math.random,
    onEvent: (event: RecordEvent) => log.event(event),
    mask: (secret: string) => runner.mask(secret),
    userAgent,
    hasPost: true,
  }
  const running = commands.runCommand(request, context).catch((error: unknown) => {
    cause = error
    return internalErrorOutcome(request, error)
  })
  const cut = afterGrace(signal, () => log.cancelledOutcome(request))
  const outcome = await Promise.race([running, cut.outcome])
  cut.stop()
  writeOutputs(runner, outcome)
  log.end(outcome)
  annotate(runner, outcome, cause)
  if (request.summary && !signal.aborted) await log.writeSummary(outcome, request.runUrl)
  return outcome.exitCode
}

/** afterGrace gives an outcome once the signal has aborted and the command had its grace; without, it never ends. */
function afterGrace(signal: AbortSignal, end: () => Outcome): { outcome: Promise<Outcome>; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let start = (): void => {}
  const outcome = new Promise<Outcome>((resolve) => {
    start = () => {
      timer = setTimeout(() => resolve(end()), graceMs)
    }
  })
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return {
    outcome,
    stop: () => {
      signal.removeEventListener('abort', start)
      clearTimeout(timer)
    },
  }
}
