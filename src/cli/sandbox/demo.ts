import { relative } from 'node:path'
import type { Commands } from '../../commands/session/context.ts'
import { resolveRequest } from '../../config/resolve.ts'
import type { RawValue } from '../../config/sources/raw-value.ts'
import { workspaceAt } from '../../config/workspace.ts'
import type { ExitCode } from '../../release/outcome/exit-codes.ts'
import type { Request } from '../../release/request.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { readRun } from '../../wiring/ci.ts'
import type { Arguments } from '../arguments.ts'
import { runRequest } from '../cluster-command.ts'
import type { Terminal } from '../terminal.ts'
import { type SandboxWorld, startSandboxWorld } from './world.ts'

/**
 * runDemo releases a version in a sandbox: the very command `rollout`, which knows nothing of the sandbox but its
 * addresses and its clock. It gives the rollout's exit code.
 */
export async function runDemo(
  parsed: Arguments,
  terminal: Terminal,
  commands: Pick<Commands, 'runCommand'>,
  signal: AbortSignal,
): Promise<ExitCode> {
  const show = parsed.json === '-' ? terminal.error : terminal.out
  const world = await startSandboxWorld(parsed)
  const { sandbox, env } = world
  try {
    const { scenario } = sandbox
    show(`Scenario ${scenario.name}: ${scenario.description}\n\n`)
    const inside = { ...terminal, env: { PATH: terminal.env.PATH, ...env } }
    const outcome = await runRequest(requestIn(world, terminal), parsed.json, inside, commands, signal)
    show(`\n${commentIn(sandbox)}\n`)
    if (outcome.report !== null) show(`Report: ${relative(terminal.cwd, outcome.report)}\n`)
    return outcome.exitCode
  } finally {
    await sandbox.close()
  }
}

/** The demo's request is its own: neither the config file nor the environment of the place it runs in count. */
function requestIn({ options, env }: SandboxWorld, terminal: Terminal): Request {
  const workspace = workspaceAt(terminal.cwd)
  const given = new Map<string, RawValue>(
    [...options].map(([name, text]) => [name, { text, label: `--${name}`, position: null }]),
  )
  return resolveRequest({
    command: 'rollout',
    inputs: given,
    environment: new Map(),
    file: null,
    context: readRun({
      env,
      process: { hostname: 'demo', pid: 1, nonce: 'demo' },
      readFile: workspace.readFile,
    }),
    nameOf: (name) => `--${name}`,
    readFile: workspace.readFile,
    absolute: workspace.absolute,
  }).request
}

function commentIn({ forge }: Sandbox): string {
  const comment = forge.state.comments.at(-1)
  if (comment === undefined) return 'No comment was posted.\n'
  const visible = comment.body.replace(/<!--[\s\S]*?-->\n?/g, '').trim()
  return `Comment on pull request #${comment.issue}:\n\n${visible}\n`
}
