import type { RecordEvent } from '../release/record/record.ts'
import { formatDuration } from '../release/text/duration.ts'
import { failureRate, formatCount, formatPercent, formatShare } from '../release/text/figures.ts'
import { clip, oneLine } from '../release/text/plain-text.ts'
import { latestStep, type ReleaseView, releaseView, type StepView } from './view/release-view.ts'
import { headline } from './words/headline.ts'
import { stepMark } from './words/steps.ts'

/** Screen is what a terminal can show. */
interface Screen {
  /** Columns; lines are never longer. */
  width: number
  colour: boolean
}

type Tone = 'good' | 'bad' | 'open' | 'running' | 'danger'

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const
type Style = keyof typeof styles
type Paint = (text: string, ...names: Style[]) => string

const tones: Record<Tone, Style> = {
  good: 'green',
  bad: 'red',
  danger: 'red',
  open: 'yellow',
  running: 'cyan',
}

/**
 * renderProgress draws the release so far as lines for a terminal, to be drawn again in the same place: what is
 * released, a bar for each step with both error rates and its verdict, the state in the last line. The number of
 * lines stays the same while a release runs. `now` in ms since the epoch, for times that run.
 */
export function renderProgress(record: readonly RecordEvent[], screen: Screen & { now: number }): string[] {
  const view = releaseView(record)
  const paint = painter(screen.colour)
  const width = Math.max(40, screen.width)
  const weights = weightsOf(view)
  const lines = [title(view, paint, width)]
  for (const weight of weights) {
    const step = view.steps.find((candidate) => candidate.weight === weight)
    lines.push(stepLine(weight, step, view, { paint, width, now: screen.now }))
  }
  const { sign, text, tone } = headline(view)
  // The sign takes two columns.
  lines.push('', paint(clip(`${sign} ${oneLine(text, 1000)}`, width - 2), 'bold', tones[tone]))
  return lines
}

function title(view: ReleaseView, paint: Paint, width: number): string {
  const { head, outcome } = view
  const target = `${head?.namespace ?? outcome?.namespace ?? ''}/${head?.service ?? outcome?.service ?? ''}`
  const way = [head?.stable, head?.canary].filter(Boolean).join(' → ')
  const parts = [target, way, head?.id].filter(Boolean)
  return paint(clip(oneLine(parts.join(' · ')), width), 'bold')
}

function weightsOf(view: ReleaseView): number[] {
  const weights = [...(view.settings?.steps ?? []), ...view.steps.map((step) => step.weight)]
  return [...new Set(weights)].sort((a, b) => a - b)
}

interface LineStyle {
  paint: Paint
  width: number
  now: number
}

// What a narrow terminal has no room for is left out, from the right: why, the time, stable's rate, the canary's.
function stepLine(weight: number, step: StepView | undefined, view: ReleaseView, pen: LineStyle): string {
  const { paint, width } = pen
  const bar = barOf(weight, step, view, width < 60 ? 8 : width < 90 ? 12 : 20, paint)
  const left = `${formatShare(weight).padStart(5)} `
  if (step === undefined) {
    return `${left}${bar.text}  ${paint(view.outcome === null ? 'to come' : 'not reached', 'dim')}`
  }
  const mark = stepMark(step, view)
  const word = mark.word.padEnd(12)
  const time = formatDuration((step.endedAt ?? endOf(view, pen)) - step.startedAt).padStart(7)
  let line = `${left}${bar.text}  ${paint(word, tones[mark.tone])}`
  let room = width - left.length - bar.length - 2 - word.length
  for (const cell of [rateCell('canary', step), rateCell('stable', step), time]) {
    if (cell.length + 2 > room) return line.trimEnd()
    line += `  ${cell}`
    room -= cell.length + 2
  }
  return room < 16 ? line.trimEnd() : `${line}  ${paint(clip(oneLine(mark.why), room - 2), 'dim')}`
}

function endOf(view: ReleaseView, pen: LineStyle): number {
  return view.outcome === null ? Math.max(pen.now, view.lastAt) : view.lastAt
}

function barOf(weight: number, step: StepView | undefined, view: ReleaseView, cells: number, paint: Paint) {
  const filled = Math.max(1, Math.round((weight / 100) * cells))
  const text = '█'.repeat(filled)
  const rest = '░'.repeat(cells - filled)
  if (step === undefined) return { text: paint('░'.repeat(cells), 'dim'), length: cells }
  const tone = tones[stepMark(step, view).tone]
  const dull = latestStep(view) !== step && tone === 'cyan'
  return { text: paint(text, dull ? 'dim' : tone) + paint(rest, 'dim'), length: cells }
}

function rateCell(side: 'canary' | 'stable', step: StepView): string {
  if (side === 'stable' && !step.control) return 'no stable traffic'.padEnd(22)
  const counts = step[side]
  const rate = failureRate(counts)
  const shown = rate === null ? '–' : `${formatPercent(rate)} of ${formatCount(counts?.total ?? 0)}`
  return `${side} ${shown}`.padEnd(22)
}

function painter(colour: boolean): Paint {
  if (!colour) return (text) => text
  return (text, ...names: Style[]) => `\u001b[${names.map((name) => styles[name]).join(';')}m${text}\u001b[0m`
}
