import { createCommands } from '../commands/run-command.ts'
import type { ProcessIdentity } from '../release/ci-run.ts'
import { openAdapters } from '../wiring/adapters.ts'
import { processPlace } from '../wiring/holder.ts'
import { runMain } from './main.ts'
import { runPost } from './post.ts'
import { createActionsRunner } from './runner.ts'

/**
 * runAction runs the step that the runner started: post where it started the program as such or main has left its
 * mark, else main. It gives the process's exit code.
 */
export async function runAction(
  here: ProcessIdentity,
  isPost: boolean,
  signal: AbortSignal,
): Promise<number> {
  // The command line, which is in the same file, shouldn't pay for it.
  const runner = createActionsRunner(await import('@actions/core'))
  const surroundings = { env: process.env, process: { ...here, place: processPlace() } }
  const commands = createCommands(openAdapters)
  if (isPost || runner.state('isPost') !== '') return runPost(runner, surroundings, commands, signal)
  runner.saveState('isPost', 'true')
  return runMain(runner, surroundings, commands, signal)
}
