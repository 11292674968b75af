import type { Counts } from '../../release/evidence/counts.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { failureRate, formatCount, formatPercent, formatShare } from '../../release/text/figures.ts'
import type { ReleaseView, StepView } from '../view/release-view.ts'
import { settledShareWords, stepMark } from '../words/steps.ts'
import { type Cell, type Column, type Table, textCell } from './table.ts'

// The verdict stands first but for the target, which names the row: on a phone the last columns are off screen.
const columnsOf = (view: ReleaseView): readonly Column[] => [
  { head: 'Target', align: 'right' },
  { head: 'Verdict', align: 'left' },
  { head: 'Actual', align: 'right' },
  { head: `Canary failed${limitWords(view)}`, align: 'right' },
  { head: 'Stable failed', align: 'right' },
  { head: 'Time', align: 'right' },
]

/** stepsTable is a row for each step, those to come included; null before the first. */
export function stepsTable(view: ReleaseView): Table | null {
  const last = view.steps.at(-1)
  if (last === undefined) return null
  const rest = (view.settings?.steps ?? []).filter((weight) => weight > last.weight)
  const rows = [
    ...view.steps.map((step) => stepRow(step, view)),
    ...rest.map((weight) => comingRow(weight, view.outcome === null ? 'to come' : 'not reached')),
  ]
  return { caption: 'Steps', columns: columnsOf(view), rows }
}

function stepRow(step: StepView, view: ReleaseView): Cell[] {
  const { sign, word, tone, why } = stepMark(step, view)
  const note = settledShareWords(step)
  const actual = textCell(step.actual === null ? '–' : formatPercent(step.actual))
  return [
    { text: formatShare(step.weight), strong: true },
    { text: why, badge: { sign, word, tone } },
    note === null ? actual : { ...actual, note },
    countsCell(step.canary),
    step.control ? countsCell(step.stable) : { text: 'no traffic left', faint: true },
    textCell(formatDuration((step.endedAt ?? view.lastAt) - step.startedAt)),
  ]
}

function comingRow(weight: number, word: string): Cell[] {
  const empty = textCell('')
  return [textCell(formatShare(weight)), { text: word, faint: true }, empty, empty, empty, empty]
}

/** limitWords names the limit beside what is held against it; empty where there is none. */
export function limitWords({ settings }: ReleaseView): string {
  const limit = settings?.gate?.maxErrorRate ?? null
  return limit === null ? '' : ` (limit ${formatPercent(limit)})`
}

function countsCell(counts: Counts | null): Cell {
  if (counts === null) return textCell('–')
  const rate = failureRate(counts)
  if (rate === null) return textCell('no requests')
  const note = `${formatCount(counts.bad)} of ${formatCount(counts.total)}`
  return { text: formatPercent(rate), strong: true, note }
}
