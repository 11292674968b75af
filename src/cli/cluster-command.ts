import type { Commands } from '../commands/session/context.ts'
import { internalErrorOutcome } from '../config/failed-outcome.ts'
import { options } from '../config/options/options.ts'
import { type ResolvedRequest, resolveRequest } from '../config/resolve.ts'
import type { RawValue } from '../config/sources/raw-value.ts'
import { userAgent } from '../config/version.ts'
import { workspaceAt } from '../config/workspace.ts'
import type { CommandName } from '../release/commands.ts'
import type { ExitCode } from '../release/outcome/exit-codes.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { RecordEvent } from '../release/record/record.ts'
import type { Request } from '../release/request.ts'
import type { Settings } from '../release/settings.ts'
import { manyLines } from '../release/text/plain-text.ts'
import { resultJson } from '../report/json.ts'
import { readRun } from '../wiring/ci.ts'
import type { Arguments } from './arguments.ts'
import { createProgress } from './progress.ts'
import { type Terminal, writeResult } from './terminal.ts'

/** runClusterCommand performs a command that needs a cluster, shows it, and gives its exit code. */
export async function runClusterCommand(
  parsed: Arguments,
  terminal: Terminal,
  commands: Pick<Commands, 'runCommand'>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { request } = readCliRequest(parsed, terminal)
  return (await runRequest(request, parsed.json, terminal, commands, signal)).exitCode
}

/** runRequest runs a request's command, shows its progress and writes its result to `json` where one is asked for. */
export async function runRequest(
  request: Request,
  json: string | null,
  terminal: Terminal,
  commands: Pick<Commands, 'runCommand'>,
  signal: AbortSignal,
): Promise<Outcome> {
  // Standard output belongs to the JSON where that was asked for.
  const show = json === '-' ? terminal.error : terminal.out
  const progress = createProgress(terminal, show)
  const interrupted = (): void => progress.say(stopping(request.settings.onCancel))
  signal.addEventListener('abort', interrupted, { once: true })
  const context = {
    env: terminal.env,
    signal,
    random: Math.random,
    onEvent: progress.event,
    // Nothing filters what a terminal shows: the program itself keeps secrets out of every line.
    mask: () => {},
    userAgent,
    hasPost: false,
  }
  const outcome = await commands
    .runCommand(request, context)
    .catch((error: unknown) => internalErrorOutcome(request, error))
  signal.removeEventListener('abort', interrupted)
  if (terminal.live || !showsOutcome(progress.record)) show(`${manyLines(outcome.message)}\n`)
  if (outcome.details) show(`${manyLines(outcome.details, 100_000)}\n`)
  if (json !== null) writeResult(terminal, json, resultJson(outcome, progress.record))
  return outcome
}

/** showsOutcome: the record's own last line has said the outcome. */
function showsOutcome(record: readonly RecordEvent[]): boolean {
  return record.some((event) => event.type === 'outcome')
}

function stopping(onCancel: Settings['onCancel']): string {
  const what = onCancel === 'rollback' ? 'traffic is put back first' : 'traffic stays where it is'
  return `Interrupted: ${what}; please wait.`
}

/** readCliRequest makes the Request of a command line. It throws Failure `invalid-input` or `invalid-config`. */
function readCliRequest(parsed: Arguments, terminal: Terminal): ResolvedRequest {
  const workspace = workspaceAt(terminal.cwd)
  const { env } = terminal
  return resolveRequest({
    command: parsed.command.name as CommandName,
    inputs: parsed.given,
    environment: fallbackOf(env),
    file: workspace.configFile(parsed.given.get('config')?.text ?? null, '--config'),
    context: readRun({ env, process: terminal.process, readFile: workspace.readFile }),
    nameOf: (name) => `--${name}`,
    readFile: workspace.readFile,
    absolute: workspace.absolute,
  })
}

function fallbackOf(env: Terminal['env']): Map<string, RawValue> {
  const given = new Map<string, RawValue>()
  for (const option of options) {
    const variable = option.env?.find((name) => env[name]?.trim())
    if (variable !== undefined) {
      given.set(option.name, { text: (env[variable] as string).trim(), label: variable, position: null })
    }
  }
  return given
}
