import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCli } from '../../src/cli/main.ts'
import { createTerminal, type Terminal } from '../../src/cli/terminal.ts'
import { createCommands } from '../../src/commands/run-command.ts'
import type { Commands } from '../../src/commands/session/context.ts'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { openAdapters } from '../../src/wiring/adapters.ts'
import { quickFlags } from './quick-release.ts'

/** Pasted is what a pasted command came to, and the commands that its message, its log and its report print. */
export interface Pasted {
  code: number
  message: string
  reason: string
  printed: string[]
}

/** Shell is a folder with a config file, and a sandbox that its environment points at. */
export interface Shell {
  sandbox: Sandbox
  /** paste runs one line as it stands, `shiftgate …` in this process or `kubectl …` against the sandbox. */
  paste(line: string, options?: PasteOptions): Promise<Pasted>
  /** pass lets so many ms of virtual time go by. */
  pass(ms: number): Promise<void>
}

interface PasteOptions {
  /** Told every line of the log; may interrupt the run. */
  onLine?: (line: string, interrupt: () => void) => void
  /** A post step follows, as in the action. */
  hasPost?: boolean
}

/** withShell starts a sandbox and takes everything down again; `config` are options beside those of a quick release. */
export async function withShell(
  scenario: Scenario,
  config: Record<string, string>,
  act: (shell: Shell) => Promise<void>,
): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'shiftgate-shell-'))
  const sandbox = await startSandbox({ scenario, seed: 3 })
  writeFileSync(join(cwd, 'kubeconfig'), sandbox.kubeconfig)
  const options = { 'prometheus-url': sandbox.prometheusUrl, ...quickFlags, ...config }
  writeFileSync(
    join(cwd, 'shiftgate.yml'),
    Object.entries(options)
      .map(([name, value]) => `${name}: ${name === 'steps' ? `[${value}]` : value}\n`)
      .join(''),
  )
  const env = { KUBECONFIG: join(cwd, 'kubeconfig'), SHIFTGATE_SANDBOX_CLOCK: sandbox.clockUrl }
  let runs = 0
  const shell: Shell = {
    sandbox,
    async paste(line, pasteOptions = {}) {
      const [program, ...words] = wordsOf(line)
      if (program === 'kubectl') return kubectl(shell, words)
      if (program !== 'shiftgate') throw new Error(`no program for: ${line}`)
      runs += 1
      return runHere({ cwd, env, nonce: `r${runs}` }, words, pasteOptions)
    },
    pass: (ms) => passTime(sandbox, ms),
  }
  try {
    await act(shell)
  } finally {
    await sandbox.close()
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** The last run leaves the clock a moment after it has ended. */
async function passTime({ clock }: Sandbox, ms: number): Promise<void> {
  const attached = 'Somebody is attached'
  for (let tries = 0; ; tries += 1) {
    try {
      return await clock.advance(ms)
    } catch (error) {
      if (tries === 500 || !(error instanceof Error) || !error.message.startsWith(attached)) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

async function runHere(
  { cwd, env, nonce }: { cwd: string; env: Record<string, string>; nonce: string },
  words: readonly string[],
  { onLine, hasPost = false }: PasteOptions,
): Promise<Pasted> {
  const interruption = new AbortController()
  let log = ''
  const show = (text: string): void => {
    log += text
    for (const line of text.split('\n')) onLine?.(line, () => interruption.abort(new Error('interrupted')))
  }
  const identity = { hostname: 'ci', pid: 42, nonce }
  const terminal: Terminal = {
    env,
    process: identity,
    cwd,
    live: false,
    colour: false,
    columns: 100,
    data: show,
    input: () => null,
    out: show,
    error: show,
    write: (target, text) => createTerminal(process, identity).write(target, text),
  }
  const commands = createCommands(openAdapters)
  const here: Commands = {
    ...commands,
    runCommand: (request, context) => commands.runCommand(request, { ...context, hasPost }),
  }
  const [json, report] = [join(cwd, 'outcome.json'), join(cwd, 'shiftgate-report', 'report.md')]
  rmSync(report, { force: true })
  const code = await runCli([...words, '--json', json], terminal, here, interruption.signal)
  const { message, reasonCode } = JSON.parse(readFileSync(json, 'utf8'))
  const markdown = existsSync(report) ? shownText(readFileSync(report, 'utf8')) : ''
  return {
    code,
    message,
    reason: reasonCode,
    printed: commandsIn(`${message}\n${log}\n${markdown}`),
  }
}

/** Markdown as it is shown: a reader copies what an entity stands for. */
function shownText(markdown: string): string {
  return markdown
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replaceAll('&quot;', '"')
}

/** commandsIn finds the commands that a text prints: between quotes, in blocks of their own, and after a colon. */
export function commandsIn(text: string): string[] {
  const found = [
    ...text.matchAll(/"((?:shiftgate|kubectl) [^"]*)"/g),
    ...text.matchAll(/^((?:shiftgate|kubectl) .*)$/gm),
    ...text.matchAll(/: ((?:kubectl) (?:'[^']*'|[^'\s(`]+| )+)/g),
    ...text.matchAll(/[:(] ?(shiftgate (?:[^'\s()]+| )+)/g),
  ].map(([, command = '']) => command.trim().replace(/\.$/, ''))
  return [...new Set(found)]
}

/** Words of a POSIX shell, without expansions. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ''),
  )
}

const manager = { manager: 'kubectl', operation: 'Update' as const }

/** Does what kubectl would, as far as messages name it; any other command throws. */
async function kubectl({ sandbox, pass }: Shell, words: readonly string[]): Promise<Pasted> {
  const [dash, namespace, verb, kind = '', name = '', ...more] = words
  if (dash !== '-n' || namespace !== sandbox.scenario.namespace) throw new Error(`no namespace: ${words}`)
  const nothing = { code: 0, message: '', reason: '', printed: [] }
  if (verb === 'get') return nothing
  if (verb === 'rollout' && kind === 'status' && name === 'deployment') {
    for (let tries = 0; tries < 100 && !isReady(sandbox, namespace, more[0] ?? ''); tries += 1)
      await pass(1_000)
    return nothing
  }
  const before = sandbox.store.get(kinds[kind] ?? '', namespace, name)
  if (before === null) throw new Error(`there is no ${kind} ${name}`)
  const object = structuredClone(before)
  change(object, verb ?? '', more)
  sandbox.store.update(kindNamed(before.kind), before, object, manager)
  return nothing
}

function isReady({ store }: Sandbox, namespace: string, name: string): boolean {
  const deployment = store.get('Deployment', namespace, name)
  const { readyReplicas } = (deployment?.status ?? {}) as { readyReplicas?: number }
  return deployment !== null && readyReplicas === (deployment.spec as { replicas?: number }).replicas
}

const kinds: Readonly<Record<string, string>> = {
  deployment: 'Deployment',
  service: 'Service',
  virtualservice: 'VirtualService',
}

function change(object: KubeObject, verb: string, [first = '', ...more]: string[]): void {
  const spec = object.spec as Record<string, unknown>
  if (verb === 'scale' && first.startsWith('--replicas=')) spec.replicas = Number(first.split('=')[1])
  else if (verb === 'annotate' && first.endsWith('-'))
    delete object.metadata.annotations?.[first.slice(0, -1)]
  else if (verb === 'patch' && first === '--type' && more[0] === 'json') {
    for (const { op, path } of JSON.parse(more[2] ?? '[]') as { op: string; path: string }[]) {
      if (op !== 'remove' || path !== '/spec/selector/version') throw new Error(`no patch: ${op} ${path}`)
      delete (spec.selector as Record<string, unknown>).version
    }
  } else throw new Error(`kubectl can't ${verb} ${first}`)
}
