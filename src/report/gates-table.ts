import { formatShare } from '../release/text/figures.ts'
import { htmlText } from './html/text.ts'
import type { DetailLevel } from './markdown/sections.ts'
import { markdownText } from './markdown/text.ts'
import { gateAnswer, gateFigure, gateName, gateTimes } from './view/gate-view.ts'
import type { ReleaseView } from './view/release-view.ts'

/** The heads of the gates' table; the third and fourth count since the release began. */
const heads = ['Step', 'Gate', 'Canary bad', 'Stable bad', 'p50, p95, p99', 'Answer'] as const

/** rowsOf gives the cells of the gates' table as they are, outside text included. */
function rowsOf(view: ReleaseView): string[][] {
  return view.steps.flatMap((step) =>
    step.gates.map((gate) => [
      formatShare(step.weight),
      gateName(gate),
      gateFigure(gate, 'canary') ?? gate.verdict.detail ?? '–',
      gateFigure(gate, 'stable') ?? '–',
      gateTimes(gate) ?? '–',
      gateAnswer(gate),
    ]),
  )
}

/** markdownGates is the table of all gates, a row for each in each step; null where only errors are judged. */
export function markdownGates(view: ReleaseView, detail: DetailLevel): string | null {
  const rows = rowsOf(view)
  if (rows.length === 0) return null
  const shown = rows.slice(-detail.rows)
  const left = rows.length - shown.length
  const table = [
    `| ${heads.join(' | ')} |`,
    '|--:|:--|--:|--:|--:|:--|',
    ...shown.map((cells) => `| ${cells.map((cell) => markdownText(cell, detail.text)).join(' | ')} |`),
    ...(left > 0 ? [`\n${left} earlier rows not shown.`] : []),
  ]
  return `<details open><summary>Gates</summary>\n\n${table.join('\n')}\n\n</details>`
}

/** gatesSection is the same for the page. */
export function gatesSection(view: ReleaseView): string | null {
  const rows = rowsOf(view)
  if (rows.length === 0) return null
  const body = rows.map(
    ([step = '', ...cells]) =>
      `<tr><th scope="row">${htmlText(step)}</th>${cells.map((cell) => `<td>${htmlText(cell)}</td>`).join('')}</tr>`,
  )
  return `<section class="scroll"><table><caption>Gates</caption>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></section>`
}
