import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Bench, leastEnvironment, program } from './program.ts'

/** Step is what one step of a workflow did. */
export interface Step {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  /** Milliseconds of real time from the signal to the end. */
  stopped: number
  outputs: Record<string, string>
  state: Record<string, string>
  summary: string
}

const values = (path: string): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(path, 'utf8').matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n?\2\n/gm)].map(([, name, , value]) => [
      name,
      value,
    ]),
  )

/** stepEnv is what a runner gives to one step of run 500; `state` is what its main step had saved. */
function stepEnv(bench: Bench, inputs: Record<string, string>, files: string, state: Record<string, string>) {
  const { forge } = bench.sandbox
  return {
    ...leastEnvironment,
    HOME: bench.dir,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: bench.dir,
    GITHUB_OUTPUT: join(files, 'output'),
    GITHUB_STATE: join(files, 'state'),
    GITHUB_STEP_SUMMARY: join(files, 'summary'),
    GITHUB_REPOSITORY: `${forge.state.owner}/${forge.state.name}`,
    GITHUB_SHA: forge.state.commits[0]?.sha ?? '',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_RUN_ID: '500',
    GITHUB_RUN_ATTEMPT: '1',
    ...bench.env,
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
  }
}

/** runStep runs the program as the runner does: no words, inputs in the environment, files for what it gives back. */
export function runStep(
  bench: Bench,
  inputs: Record<string, string>,
  options: {
    state?: Record<string, string>
    /** The post step, which the runner starts as such. */
    post?: true
    /** What the environment has instead. */
    env?: Record<string, string>
    stopAt?: { line: string; signal: NodeJS.Signals }
    /** Given a way to signal the process as soon as it runs. */
    onStart?: (kill: (signal: NodeJS.Signals) => void) => void
  } = {},
): Promise<Step> {
  const files = mkdtempSync(join(bench.dir, 'step-'))
  for (const name of ['output', 'state', 'summary']) writeFileSync(join(files, name), '')
  const entry = options.post ? join(dirname(program), 'post.js') : program
  const child = spawn(process.execPath, [entry], {
    cwd: bench.dir,
    env: { ...stepEnv(bench, inputs, files, options.state ?? {}), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  options.onStart?.((signal) => child.kill(signal))
  let out = ''
  let signalled = Number.NaN
  const heard = (chunk: string): void => {
    out += chunk
    if (options.stopAt && Number.isNaN(signalled) && out.includes(options.stopAt.line)) {
      signalled = performance.now()
      child.kill(options.stopAt.signal)
    }
  }
  child.stdout.setEncoding('utf8').on('data', heard)
  child.stderr.setEncoding('utf8').on('data', heard)
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code, signal) =>
      done({
        code,
        signal,
        out,
        stopped: performance.now() - signalled,
        outputs: values(join(files, 'output')),
        state: values(join(files, 'state')),
        summary: readFileSync(join(files, 'summary'), 'utf8'),
      }),
    )
  })
}
