import type { Counts } from '../../release/evidence/counts.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { formatCount, formatShare } from '../../release/text/figures.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { limitWords } from './steps-table.ts'
import { type Column, type Table, textCell } from './table.ts'

/** Rows that are shown: the charts' data in figures, for those who can't see them. */
const mostPolls = 2000

const columnsOf = (view: ReleaseView): readonly Column[] => [
  { head: 'Time', align: 'right' },
  { head: 'Target', align: 'right' },
  { head: `Canary failed${limitWords(view)}`, align: 'right' },
  { head: 'Stable failed', align: 'right' },
]

/** pollsTable is a row for each poll, cumulative since the release began; null where there was none. */
export function pollsTable(view: ReleaseView): Table | null {
  if (view.polls.length === 0) return null
  const weights = new Map(view.steps.map((step) => [step.step, step.weight]))
  const rows = view.polls.slice(-mostPolls).map((poll) => {
    const weight = weights.get(poll.step)
    return [
      formatDuration(poll.t * 1000),
      weight === undefined ? '–' : formatShare(weight),
      countsText(poll.canary),
      countsText(poll.stable),
    ].map(textCell)
  })
  return { caption: 'Failed requests since the release began', columns: columnsOf(view), rows }
}

function countsText(counts: Counts | null): string {
  return counts === null ? '–' : `${formatCount(counts.bad)} of ${formatCount(counts.total)}`
}
