import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { startSandbox } from '../../src/sandbox/sandbox.ts'

/** The built program: `lib/` as compiled, or the bundle that SHIFTGATE_PROGRAM names. */
export const program = resolve(process.env.SHIFTGATE_PROGRAM ?? 'lib/index.js')

/** Ran is what one process of the program did. */
export interface Ran {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  cwd?: string
  /** Told every line of standard output as it comes; may end the process. */
  onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void
  /** Given a way to signal the process as soon as it runs. */
  onStart?: (kill: (signal: NodeJS.Signals) => void) => void
  /** Reading ends that are closed as soon as the first line of standard output came, as `| head -1` does. */
  closed?: readonly ('stdout' | 'stderr')[]
  /** File that standard output and standard error go to, instead of being read. */
  outputFile?: string
}

/** The least that a process of the program is given: PATH, and where Node keeps what it compiled of the program. */
export const leastEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ PATH: '', ...process.env }).filter(([name]) =>
    ['PATH', 'NODE_COMPILE_CACHE'].includes(name),
  ),
) as Record<string, string>

/** runProgram runs the built program to its end, with only the environment that is given (and PATH). */
export function runProgram(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((done, failed) => {
    const output = options.outputFile === undefined ? 'pipe' : openSync(options.outputFile, 'w')
    const child = spawn(process.execPath, [program, ...words], {
      cwd: options.cwd ?? tmpdir(),
      env: { ...leastEnvironment, HOME: tmpdir(), ...options.env },
      stdio: ['ignore', output, output],
    })
    if (typeof output === 'number') closeSync(output)
    options.onStart?.((signal) => child.kill(signal))
    let stdout = ''
    let stderr = ''
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) options.onLine?.(line, (signal) => child.kill(signal))
      if (lines.length > 0) for (const name of options.closed ?? []) child[name]?.destroy()
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.once('error', failed)
    child.once('close', (code, signal) => done({ code, signal, stdout, stderr }))
  })
}

/** Commands that are about one version. */
const versioned = new Set(['rollout', 'plan', 'preflight', 'pin'])

/** Bench is a sandbox and a folder, and the program pointed at both. */
export interface Bench {
  sandbox: Sandbox
  dir: string
  /** Environment that points a process of the program at the sandbox. */
  env: Record<string, string>
  /** run runs a command as a user would; its machine-readable result is read back. */
  run(
    command: string,
    flags?: Record<string, string>,
    options?: RunOptions,
  ): Promise<Ran & { outcome: Outcome }>
  /** record reads the record of the last run. */
  record(): RecordEvent[]
  /** report reads a file of the report folder. */
  report(name: string): string
}

/** withBench starts a sandbox, runs `act`, and takes everything down again, whatever happens. */
export async function withBench(
  options: SandboxOptions,
  act: (bench: Bench) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'shiftgate-test-'))
  const sandbox = await startSandbox(options)
  const kubeconfig = join(dir, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig)
  const { scenario } = sandbox
  const env = { SHIFTGATE_SANDBOX_CLOCK: sandbox.clockUrl }
  const bench: Bench = {
    sandbox,
    dir,
    env,
    async run(command, flags = {}, runOptions = {}) {
      const all: Record<string, string> = {
        namespace: scenario.namespace,
        service: scenario.service,
        kubeconfig,
        'report-dir': join(dir, 'report'),
        json: join(dir, 'outcome.json'),
        ...(versioned.has(command) && flags.image === undefined ? { version: scenario.canary } : {}),
        ...(command === 'rollout' || command === 'plan' ? { 'prometheus-url': sandbox.prometheusUrl } : {}),
        ...(command === 'rollout' ? scenario.args : {}),
        ...flags,
      }
      const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value])
      const ran = await runProgram([command, ...words], {
        cwd: dir,
        ...runOptions,
        env: { ...env, ...runOptions.env },
      })
      const text = readFileSync(all.json as string, 'utf8')
      // A process that was killed leaves the file empty.
      return { ...ran, outcome: JSON.parse(text === '' ? 'null' : text) }
    },
    record: () =>
      readFileSync(join(dir, 'report', 'record.jsonl'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as RecordEvent),
    report: (name) => readFileSync(join(dir, 'report', name), 'utf8'),
  }
  try {
    await act(bench)
  } finally {
    await sandbox.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** eventually waits, in real time, until something is so; it throws after ten seconds. */
export async function eventually(holds: () => boolean): Promise<void> {
  const end = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > end) throw new Error(`never became true: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
