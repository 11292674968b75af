import { spawn } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import type { Environment } from '../../release/ci-run.ts'
import { Failure } from '../../release/failure.ts'
import type { PrometheusAccess } from '../../release/request.ts'
import { flattenText } from './query-result.ts'

/** TokenSource gives the bearer token, and reads it anew where Prometheus no longer accepts the last one. */
export interface TokenSource {
  current(signal: AbortSignal): Promise<string>
  renew(signal: AbortSignal): Promise<string>
  /** Every token that was read, to be masked. */
  secrets(): string[]
}

/** Longest a command may run, ms, and most bytes that a token's file or a command's output may have. */
const commandTimeout = 10_000
const maxBytes = 64 * 1024

/**
 * createTokenSource reads the token from `tokenFile` or from what `tokenCommand` prints; null where neither is given.
 * Its methods throw Failure `unauthorized` where there is no token to read, `aborted` after an abort.
 */
export function createTokenSource(access: PrometheusAccess, env: Environment): TokenSource | null {
  const { tokenFile, tokenCommand } = access
  if (tokenFile === undefined && tokenCommand === undefined) return null
  const known = new Set<string>()
  let token: string | null = null
  const renew = async (signal: AbortSignal) => {
    const text =
      tokenFile === undefined ? await runCommand(tokenCommand ?? [], env, signal) : await readToken(tokenFile)
    token = checkToken(text, tokenFile === undefined ? 'prometheus-token-command' : 'prometheus-token-file')
    known.add(token)
    return token
  }
  return { current: async (signal) => token ?? renew(signal), renew, secrets: () => [...known] }
}

function noToken(option: string, why: string, cause?: unknown): Failure {
  return new Failure('unauthorized', `${option} gave no token for Prometheus: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { field: option },
  })
}

function checkToken(text: string, option: string): string {
  const token = text.trim()
  if (token === '') throw noToken(option, 'it is empty')
  // Nothing of it may be quoted: it may be a token with one character too many.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw noToken(option, 'it holds spaces, line ends or other characters that no token has')
  }
  return token
}

async function readToken(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw noToken('prometheus-token-file', `the file has more than ${maxBytes} bytes`)
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error'
    throw noToken('prometheus-token-file', `the file can't be read (${code})`, error)
  }
}

/** runCommand runs a program without a shell, in a process group of its own that ends with it. */
function runCommand(argv: readonly string[], env: Environment, signal: AbortSignal): Promise<string> {
  const option = 'prometheus-token-command'
  const [program = '', ...args] = argv
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  const end = (failure: Failure) => {
    killGroup(child.pid)
    reject(failure)
  }
  const stop = () => end(new Failure('aborted', 'reading the token for Prometheus was aborted'))
  const timer = setTimeout(
    () => end(noToken(option, `${flattenText(program, 80)} took longer than ${commandTimeout / 1000} s`)),
    commandTimeout,
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.length > maxBytes) end(noToken(option, `it printed more than ${maxBytes} bytes`))
  })
  child.once('error', (error: NodeJS.ErrnoException) =>
    reject(
      noToken(option, `${flattenText(program, 80)} can't be started (${error.code ?? 'unknown error'})`),
    ),
  )
  child.once('close', (code, ended) => {
    if (code === 0) resolve(output)
    else reject(noToken(option, `${flattenText(program, 80)} ended with ${code ?? ended}`))
  })
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  return promise.finally(() => {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
    killGroup(child.pid)
  })
}

/** killGroup ends a program and all that it started; what has ended already is none to end. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // the whole group has ended
  }
}
