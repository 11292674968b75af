import { outputs } from '../config/action-outputs.ts'
import { type Failure, isFailure } from '../release/failure.ts'
import { exitCodes } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { Runner } from './runner.ts'

/** writeOutputs gives every output its value; the runner keeps the last one written. */
export function writeOutputs(runner: Pick<Runner, 'output'>, outcome: Outcome): void {
  for (const output of outputs) runner.output(output.name, output.of(outcome))
}

/** annotate says how the run ended, in one annotation at most. `cause` is the failure behind it, if any. */
export function annotate(
  runner: Pick<Runner, 'error' | 'notice'>,
  outcome: Outcome,
  cause: unknown = null,
): void {
  if (outcome.exitCode !== exitCodes.done) {
    runner.error(outcome.message, { title: titleOf(outcome), ...placeOf(cause) })
  } else if (outcome.result === 'paused' || outcome.result === 'in-progress') {
    runner.notice(outcome.message, { title: titleOf(outcome) })
  }
}

function titleOf(outcome: Outcome): string {
  const what = outcome.service === '' ? 'shiftgate' : `${outcome.namespace}/${outcome.service}`
  const version = outcome.canaryVersion === null ? '' : ` ${outcome.canaryVersion}`
  return `${what}${version}: ${outcome.result} (${outcome.reasonCode})`
}

/** A mistake in the config file is shown at its line, also in the pull request's diff. */
function placeOf(cause: unknown): { file?: string; startLine?: number; startColumn?: number } {
  if (!isFailure(cause, 'invalid-config')) return {}
  const { file, line, column } = (cause as Failure).details
  if (typeof file !== 'string' || typeof line !== 'number' || typeof column !== 'number') return {}
  return { file, startLine: line, startColumn: column }
}
