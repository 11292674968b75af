import type { RecordEvent } from '../release/record/record.ts'
import { renderProgress } from '../report/terminal.ts'
import { logLine } from '../report/words/events/log-line.ts'
import type { Terminal } from './terminal.ts'

/** Progress shows a release as it goes: redrawn in place where somebody watches, else a line a decision. */
interface Progress {
  readonly record: readonly RecordEvent[]
  event(event: RecordEvent): void
  /** say shows a line that stays; what is redrawn goes on below it. */
  say(line: string): void
}

/** createProgress starts to show. `show` is where its text goes. */
export function createProgress(
  terminal: Pick<Terminal, 'live' | 'colour' | 'columns'>,
  show: (text: string) => void,
): Progress {
  const record: RecordEvent[] = []
  let drawn = 0
  const redraw = (event: RecordEvent): void => {
    const screen = { width: terminal.columns, colour: terminal.colour, now: Date.parse(event.at) }
    const lines = renderProgress(record, screen)
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    show(`${up}${lines.map((line) => `\u001b[2K${line}\n`).join('')}\u001b[J`)
    drawn = lines.length
  }
  const say = (line: string): void => {
    show(drawn > 0 ? `\u001b[${drawn}A\u001b[J${line}\n` : `${line}\n`)
    drawn = 0
  }
  return {
    record,
    event: (event) => {
      // The picture has no room for what went wrong beside the release.
      const line = !terminal.live || stays(event) ? logLine(event, record) : null
      record.push(event)
      if (line !== null) say(line)
      if (terminal.live && record.some((each) => each.type === 'release')) redraw(event)
    },
    say,
  }
}

function stays(event: RecordEvent): boolean {
  return event.type === 'warning' || event.type === 'finding'
}
