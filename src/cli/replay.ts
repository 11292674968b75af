import type { Replay, StepEnd } from '../commands/offline/replay.ts'
import { replayRecord } from '../commands/offline/replay.ts'
import { workspaceAt } from '../config/workspace.ts'
import { Failure } from '../release/failure.ts'
import { type ExitCode, exitCodes } from '../release/outcome/exit-codes.ts'
import { decodeRecord } from '../release/record/record-codec.ts'
import { formatDuration } from '../release/text/duration.ts'
import { formatShare, plural } from '../release/text/figures.ts'
import { oneLine } from '../release/text/plain-text.ts'
import { reasonWords } from '../report/words/steps.ts'
import type { Arguments } from './arguments.ts'
import { offlineSettings } from './offline-settings.ts'
import type { Terminal } from './terminal.ts'

/**
 * runReplay judges a record again and prints where it would have ended otherwise. With any option of a rollout given it
 * judges by those (and the config file's) gates, else by the recorded ones. Exit code 0: the same; 4: not.
 */
export async function runReplay(parsed: Arguments, terminal: Terminal): Promise<ExitCode> {
  const file = parsed.operands[0] as string
  const text = workspaceAt(terminal.cwd).readFile(file)
  if (text === null) throw new Failure('invalid-input', `${file} is no readable file.`)
  const other = parsed.given.size === 0 ? null : offlineSettings(parsed, terminal, new Set())
  const replay = replayRecord(decodeRecord(text), other)
  if (parsed.json !== null)
    terminal.write(parsed.json, `${JSON.stringify({ schema: 1, ...replay }, null, 2)}\n`)
  if (parsed.json !== '-') terminal.out(words(replay, other !== null))
  return replay.differs === null ? exitCodes.done : exitCodes.unproven
}

function words(replay: Replay, others: boolean): string {
  const lines = replay.steps.map(({ weight, recorded, replayed, same }) => {
    const then = `${formatShare(weight).padStart(6)}  was ${endWords(recorded)}`
    if (same && recorded.t === replayed.t) return `${then}: the same again`
    return `${then}: ${same ? 'would be' : 'WOULD BE'} ${endWords(replayed)}`
  })
  const gates = others ? 'other gates' : 'the gates it was made with'
  const head = `Release ${replay.releaseId}, judged again by ${gates}: ${replay.agreeing} of ${plural(replay.polls, 'answer')} are as recorded.`
  const end =
    replay.differs === null
      ? 'It would have gone the same way.'
      : 'From there on the release would have gone another way, of which the record tells nothing.'
  return [head, ...lines, ...replay.notes, end].map((line) => `${oneLine(line, 1000)}\n`).join('')
}

function endWords({ t, verdict, reason, gate, route }: StepEnd): string {
  const by = gate === null ? '' : ` by gate ${route === null ? gate : `${gate}, ${route}`}`
  return `${verdict}${by} (${reasonWords(reason)}) at ${formatDuration(t * 1000)}`
}
