import type { Commands } from '../commands/session/context.ts'
import { invalidInputOutcome } from '../config/failed-outcome.ts'
import { version } from '../config/version.ts'
import { isFailure } from '../release/failure.ts'
import { type ExitCode, exitCodes } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import { manyLines } from '../release/text/plain-text.ts'
import { resultJson } from '../report/json.ts'
import { type Arguments, parseArguments } from './arguments.ts'
import { runClusterCommand } from './cluster-command.ts'
import { commandHelp, programHelp } from './help.ts'
import { runJudge } from './judge.ts'
import { runRender } from './render.ts'
import { runReplay } from './replay.ts'
import { runSimulate } from './simulate.ts'
import { type Terminal, writeResult } from './terminal.ts'

/**
 * runCli is the command line: words in, exit code out. Everything that it shows goes through `terminal`. When
 * `signal` aborts, a command that holds a release does what `on-cancel` says before it ends.
 */
export async function runCli(
  words: readonly string[],
  terminal: Terminal,
  commands: Commands,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (words.length === 0) {
    terminal.error(programHelp())
    return exitCodes.badInput
  }
  if (words.length === 1 && (words[0] === '--help' || words[0] === '-h' || words[0] === 'help')) {
    terminal.out(programHelp())
    return exitCodes.done
  }
  if (words.length === 1 && words[0] === '--version') {
    terminal.out(`${version}\n`)
    return exitCodes.done
  }
  let parsed: Arguments
  try {
    parsed = parseArguments(words)
  } catch (error) {
    return refuse(terminal, words[0] ?? '', jsonTarget(words), error)
  }
  if (parsed.help) {
    terminal.out(commandHelp(parsed.command))
    return exitCodes.done
  }
  try {
    // Before anything moves: a result that can't be written afterwards would be lost.
    if (parsed.json !== null && parsed.json !== '-') terminal.write(parsed.json, '')
  } catch (error) {
    return refuse(terminal, parsed.command.name, null, error)
  }
  try {
    return await runParsed(parsed, terminal, commands, signal)
  } catch (error) {
    if (!isFailure(error, 'invalid-input', 'invalid-config')) throw error
    return refuse(terminal, parsed.command.name, parsed.json, error)
  }
}

async function runParsed(
  parsed: Arguments,
  terminal: Terminal,
  commands: Commands,
  signal: AbortSignal,
): Promise<ExitCode> {
  switch (parsed.command.name) {
    case 'judge':
      return runJudge(parsed, terminal)
    case 'replay':
      return runReplay(parsed, terminal)
    case 'render':
      return runRender(parsed, terminal)
    case 'simulate':
      return runSimulate(parsed, terminal)
    // Only these two load the sandbox: a release in CI carries no embedded cluster with it.
    case 'demo':
      return (await import('./sandbox/demo.ts')).runDemo(parsed, terminal, commands, signal)
    case 'sandbox':
      return (await import('./sandbox/serve.ts')).runSandbox(parsed, terminal, signal)
    default:
      return runClusterCommand(parsed, terminal, commands, signal)
  }
}

function refuse(terminal: Terminal, command: string, json: string | null, error: unknown): ExitCode {
  const outcome: Outcome = invalidInputOutcome(command, error)
  terminal.error(`shiftgate: ${manyLines(outcome.message)}\n`)
  if (json !== null) writeResult(terminal, json, resultJson(outcome, []))
  return outcome.exitCode
}

/** A script that asked for JSON gets it even where the rest of its words can't be understood. */
function jsonTarget(words: readonly string[]): string | null {
  const at = words.indexOf('--json')
  if (at >= 0) return words[at + 1] ?? null
  return words.find((word) => word.startsWith('--json='))?.slice('--json='.length) ?? null
}
