import type { Commands } from '../commands/context.ts'
import { factsFromEnv } from '../config/facts.ts'
import type { Given } from '../config/given.ts'
import { options } from '../config/options.ts'
import { brokenOutcome } from '../config/refusal.ts'
import { type Resolved, resolveRequest } from '../config/resolve.ts'
import { userAgent } from '../config/version.ts'
import { workspaceAt } from '../config/workspace.ts'
import type { ExitCode } from '../release/outcome.ts'
import type { RecordEvent } from '../release/record.ts'
import type { CommandName } from '../release/request.ts'
import { resultJson } from '../report/json.ts'
import type { Arguments } from './arguments.ts'
import { showProgress } from './progress.ts'
import type { Terminal } from './terminal.ts'

/** runRelease performs a command that needs a cluster, and shows it. */
export async function runRelease(
  parsed: Arguments,
  terminal: Terminal,
  commands: Pick<Commands, 'runCommand'>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { request } = requestOf(parsed, terminal)
  // Standard output belongs to the JSON where that was asked for.
  const show = parsed.json === '-' ? terminal.error : terminal.out
  const progress = showProgress(terminal, show)
  signal.addEventListener('abort', () => show(`${stopping(request.settings.onCancel)}\n`), { once: true })
  const outcome = await commands
    .runCommand(request, {
      env: terminal.env,
      signal,
      random: Math.random,
      onEvent: progress.event,
      mask: () => {},
      userAgent,
      hasPost: false,
    })
    .catch((error: unknown) => brokenOutcome(request, error))
  if (terminal.live || !told(progress.record)) show(`${outcome.message}\n`)
  if (parsed.json !== null) terminal.write(parsed.json, resultJson(outcome, progress.record))
  return outcome.exitCode
}

/** told: the record's own last line has said the outcome. */
function told(record: readonly RecordEvent[]): boolean {
  return record.some((event) => event.type === 'outcome')
}

function stopping(onCancel: 'rollback' | 'pause'): string {
  const what = onCancel === 'rollback' ? 'traffic goes back first' : 'traffic stays where it is'
  return `Interrupted: ${what}; please wait.`
}

/** requestOf makes the Request of a command line. It throws Failure `invalid-input` or `invalid-config`. */
export function requestOf(parsed: Arguments, terminal: Terminal): Resolved {
  const workspace = workspaceAt(terminal.cwd)
  const { env } = terminal
  const event = env.GITHUB_EVENT_PATH ? workspace.readFile(env.GITHUB_EVENT_PATH) : null
  return resolveRequest({
    command: parsed.command.name as CommandName,
    given: parsed.given,
    fallback: fallbackOf(env),
    file: workspace.configFile(parsed.given.get('config')?.text ?? null, '--config'),
    facts: factsFromEnv(env, event, terminal.process),
    show: (name) => `--${name}`,
    readFile: workspace.readFile,
    absolute: workspace.absolute,
  })
}

function fallbackOf(env: Terminal['env']): Map<string, Given> {
  const given = new Map<string, Given>()
  for (const option of options) {
    const variable = option.env?.find((name) => env[name]?.trim())
    if (variable !== undefined) {
      given.set(option.name, { text: (env[variable] as string).trim(), label: variable, position: null })
    }
  }
  return given
}
