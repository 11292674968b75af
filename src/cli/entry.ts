import { createCommands } from '../commands/run-command.ts'
import type { ProcessIdentity } from '../release/ci-run.ts'
import { openAdapters } from '../wiring/adapters.ts'
import { processPlace } from '../wiring/holder.ts'
import { runCli } from './main.ts'
import { createTerminal } from './terminal.ts'

/** runCommandLine runs the words of a command line in this process and gives its exit code. */
export function runCommandLine(
  words: readonly string[],
  here: ProcessIdentity,
  signal: AbortSignal,
): Promise<number> {
  return runCli(
    words,
    createTerminal(process, { ...here, place: processPlace() }),
    createCommands(openAdapters),
    signal,
  )
}
