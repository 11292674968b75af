import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ExitCode, exitCodes } from '../../release/outcome/exit-codes.ts'
import { shellWord } from '../../release/text/command-line.ts'
import type { Arguments } from '../arguments.ts'
import type { Terminal } from '../terminal.ts'
import { type SandboxWorld, startSandboxWorld } from './world.ts'

/**
 * runSandbox keeps a scenario's cluster, Prometheus and GitHub API up until the signal aborts, and prints how to
 * release in there.
 */
export async function runSandbox(
  parsed: Arguments,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const world = await startSandboxWorld(parsed)
  const folder = mkdtempSync(join(tmpdir(), 'shiftgate-sandbox-'))
  try {
    const kubeconfig = join(folder, 'kubeconfig')
    writeFileSync(kubeconfig, world.sandbox.kubeconfig, { mode: 0o600 })
    const env = {
      KUBECONFIG: kubeconfig,
      SHIFTGATE_TOKEN: world.options.get('token') ?? '',
      ...world.env,
    }
    if (parsed.json !== null) terminal.write(parsed.json, addresses(world, env))
    if (parsed.json !== '-') terminal.out(instructions(world, env))
    await aborted(signal)
  } finally {
    rmSync(folder, { recursive: true })
    await world.sandbox.close()
  }
  return exitCodes.done
}

const kept = new Set(['kubeconfig', 'token'])

function flagsOf(world: SandboxWorld): string[] {
  return [...world.options]
    .filter(([name]) => !kept.has(name))
    .map(([name, text]) => `--${name} ${shellWord(text)}`)
}

function addresses({ sandbox, options }: SandboxWorld, env: Record<string, string>): string {
  const { apiUrl, prometheusUrl, githubUrl, clockUrl, meshUrl } = sandbox
  const flags = Object.fromEntries([...options].filter(([name]) => !kept.has(name)))
  return `${JSON.stringify({ apiUrl, prometheusUrl, githubUrl, clockUrl, meshUrl, env, flags }, null, 2)}\n`
}

function instructions(world: SandboxWorld, env: Record<string, string>): string {
  return [
    `Scenario ${world.sandbox.scenario.name}: ${world.sandbox.scenario.description}`,
    'Its time stands still until a release lives in it. In another shell:',
    '',
    ...Object.entries(env).map(([name, value]) => `export ${name}=${shellWord(value)}`),
    `shiftgate rollout ${flagsOf(world).join(' \\\n  ')}`,
    '',
    `A request to ${world.sandbox.meshUrl} is one call of ${world.sandbox.scenario.service}; x-version names who answered.`,
    '',
    'Ctrl-C ends it.',
    '',
  ].join('\n')
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // A promise alone does not keep a process alive; its servers do.
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
