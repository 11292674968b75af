import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCli } from '../../src/cli/main.ts'
import { createTerminal, type Terminal } from '../../src/cli/terminal.ts'
import type { Commands } from '../../src/commands/session/context.ts'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { Request } from '../../src/release/request.ts'

/** Seen is what a command line left behind. */
export interface Seen {
  code: number
  out: string
  error: string
  /** The request that reached the command; null where none did. */
  request: Request | null
}

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'shiftgate-cli-'))
}

interface Options {
  env?: Record<string, string>
  cwd?: string
  signal?: AbortSignal
  runCommand?: Commands['runCommand']
}

/** run gives words to the command line; its command answers with `promoted` unless another is given. */
export async function run(words: string[], options: Options = {}): Promise<Seen> {
  const seen: Seen = { code: -1, out: '', error: '', request: null }
  const terminal: Terminal = {
    env: options.env ?? {},
    process: { hostname: 'ci', pid: 42, nonce: 'cafe' },
    cwd: options.cwd ?? folder(),
    live: false,
    colour: false,
    columns: 100,
    data: (text) => {
      seen.out += text
    },
    input: () => null,
    out: (text) => {
      seen.out += text
    },
    error: (text) => {
      seen.error += text
    },
    write: (target, text) => {
      if (target === '-') seen.out += text
      else createTerminal(process, terminal.process).write(target, text)
    },
  }
  const commands: Commands = {
    runCommand: (request, context) => {
      seen.request = request
      return options.runCommand?.(request, context) ?? Promise.resolve(promoted(request))
    },
    runPost: () => Promise.reject(new Error('a command line has no post step')),
  }
  const signal = options.signal ?? new AbortController().signal
  seen.code = await runCli(words, terminal, commands, signal)
  return seen
}

export function promoted(request: Request): Outcome {
  return {
    schema: 1,
    command: request.command,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    exitCode: 0,
    message: `${request.version} serves all of ${request.service}.`,
    releaseId: 'my-api-v2-7',
    namespace: request.namespace,
    service: request.service,
    stableVersion: 'v1',
    canaryVersion: request.version,
    weight: 100,
    report: null,
    nextCheckAt: null,
    commentUrl: null,
  }
}

export function json(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path, 'utf8'))
}
