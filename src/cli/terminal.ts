import { readFileSync } from 'node:fs'
import { writeFile } from '../commands/session/side-files.ts'
import type { Environment, ProcessIdentity } from '../release/ci-run.ts'
import { Failure, sentenceOf } from '../release/failure.ts'
import { logJson, logText } from '../release/text/log-text.ts'

/** Terminal is the process as the command line sees it. */
export interface Terminal {
  env: Environment
  process: ProcessIdentity
  cwd: string
  /** Somebody watches: progress may redraw its lines. */
  live: boolean
  colour: boolean
  columns: number
  /** out and error show text to people; what a CI's runner would take for a command in it is made harmless. */
  /** input reads standard input to its end; null where there is none. */
  input(): string | null
  out(text: string): void
  error(text: string): void
  /** data puts what was asked for onto standard output as it is: files, to be piped into files. */
  data(text: string): void
  /** write puts JSON into a file, or onto standard output for `-`. Throws Failure `invalid-input`. */
  write(target: string, text: string): void
}

/** createTerminal is the Terminal of a real process. */
export function createTerminal(node: NodeJS.Process, process: ProcessIdentity): Terminal {
  const live = node.stdout.isTTY === true && node.env.TERM !== 'dumb' && !node.env.CI
  return {
    env: node.env,
    process,
    cwd: node.cwd(),
    live,
    colour: live && !node.env.NO_COLOR,
    columns: node.stdout.columns ?? 100,
    input: readInput,
    out: (text) => void node.stdout.write(logText(text)),
    error: (text) => void node.stderr.write(logText(text)),
    data: (text) => void node.stdout.write(text),
    write: (target, text) => {
      if (target === '-') node.stdout.write(logJson(text))
      else writeTo(target, text)
    },
  }
}

/**
 * writeResult writes a run's JSON. One that can't be written is said, and changes nothing of how the run ended.
 */
export function writeResult(terminal: Terminal, target: string, text: string): void {
  try {
    terminal.write(target, text)
  } catch (error) {
    terminal.error(`shiftgate: ${sentenceOf(error)}\n`)
  }
}

function writeTo(path: string, text: string): void {
  try {
    writeFile(path, text)
  } catch (cause) {
    throw new Failure('invalid-input', `--json: ${path} can't be written: ${sentenceOf(cause)}`, { cause })
  }
}

function readInput(): string | null {
  try {
    return readFileSync(0, 'utf8')
  } catch {
    return null
  }
}
