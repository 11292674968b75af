import { type AnswersBySide, answerFails } from '../../release/evidence/answers.ts'
import { formatCount, formatPercent } from '../../release/text/figures.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { answerName } from '../words/answers.ts'
import { type Cell, type Column, type Table, textCell } from './table.ts'

const columns: readonly Column[] = [
  { head: 'Answer', align: 'left' },
  { head: 'Canary', align: 'right' },
  { head: 'Stable', align: 'right' },
]

/** Most answers that are shown by themselves. */
const mostAnswers = 12

/**
 * answersTable is a row for each answer of either version since the release began, the commonest first; null where
 * answers were not told apart, or none was counted. A failure is marked as one.
 */
export function answersTable({ answers }: ReleaseView): Table | null {
  if (answers === null) return null
  const totals = { canary: sumOf(answers.canary), stable: sumOf(answers.stable) }
  const names = [...new Set([...Object.keys(answers.stable), ...Object.keys(answers.canary)])]
  const shareOf = (side: keyof AnswersBySide, name: string) =>
    totals[side] > 0 ? (answers[side][name] ?? 0) / totals[side] : 0
  const size = (name: string) => shareOf('canary', name) + shareOf('stable', name)
  const sorted = names.filter((name) => size(name) > 0).sort((a, b) => size(b) - size(a))
  if (sorted.length === 0) return null
  const rowOf = (head: Cell, some: readonly string[]): Cell[] => [
    head,
    ...(['canary', 'stable'] as const).map((side) => shareCell(answers[side], some, totals[side])),
  ]
  const rows = sorted.slice(0, mostAnswers).map((name) => rowOf(answerCell(name), [name]))
  const rest = sorted.slice(mostAnswers)
  if (rest.length > 0) rows.push(rowOf(textCell(`${formatCount(rest.length)} more`), rest))
  return { caption: 'Answers since the release began', columns, rows }
}

function answerCell(answer: string): Cell {
  const text = answerName(answer)
  return answerFails(answer) ? { text: `${text} (failed)` } : { text }
}

function shareCell(counts: AnswersBySide['canary'], answers: readonly string[], total: number): Cell {
  const own = answers.reduce((sum, answer) => sum + (counts[answer] ?? 0), 0)
  if (own === 0) return { text: '–', faint: true }
  return { text: `${formatPercent(own / total)} (${formatCount(own)})` }
}

function sumOf(counts: AnswersBySide['canary']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}
