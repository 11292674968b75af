import { judgeText } from '../commands/offline/judge.ts'
import { workspaceAt } from '../config/workspace.ts'
import { Failure } from '../release/failure.ts'
import type { ExitCode } from '../release/outcome/exit-codes.ts'
import { exitCodeOfVerdict } from '../release/outcome/outcome.ts'
import type { Arguments } from './arguments.ts'
import type { Terminal } from './terminal.ts'

/** runJudge prints the engine's last answer over a file, and with `--json` every answer as JSON lines. */
export async function runJudge(parsed: Arguments, terminal: Terminal): Promise<ExitCode> {
  const file = parsed.operands[0] as string
  const text = workspaceAt(terminal.cwd).readFile(file)
  if (text === null) throw new Failure('invalid-input', `${file} is no readable file.`)
  const { lines, explained, last, reason } = judgeText(text)
  if (parsed.json !== null) terminal.write(parsed.json, lines.map((line) => `${line}\n`).join(''))
  if (parsed.given.has('explain') && parsed.json !== '-')
    terminal.out(explained.map((line) => `${line}\n`).join(''))
  if (parsed.json !== '-') terminal.out(`${last}: ${reason}, after ${lines.length} polls\n`)
  return exitCodeOfVerdict(last)
}
