import { formatShare } from '../../release/text/figures.ts'
import { gateAnswer, gateFigure, gateName, gateTimes } from '../view/gate-view.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { type Column, type Table, textCell } from './table.ts'

/** The third and fourth column count since the release began. */
const columns: readonly Column[] = [
  { head: 'Step', align: 'right' },
  { head: 'Gate', align: 'left' },
  { head: 'Answer', align: 'left' },
  { head: 'Canary bad', align: 'right' },
  { head: 'Stable bad', align: 'right' },
  { head: 'p50, p95, p99', align: 'right' },
]

/** gatesTable is a row for each gate in each step; null where only failed requests are judged, in total. */
export function gatesTable(view: ReleaseView): Table | null {
  const rows = view.steps.flatMap((step) =>
    step.gates.map((gate) =>
      [
        formatShare(step.weight),
        gateName(gate),
        gateAnswer(gate),
        gateFigure(gate, 'canary') ?? gate.verdict.detail ?? '–',
        gateFigure(gate, 'stable') ?? '–',
        gateTimes(gate) ?? '–',
      ].map(textCell),
    ),
  )
  return rows.length === 0 ? null : { caption: 'Gates', columns, rows }
}
