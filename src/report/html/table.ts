import type { Cell, Table } from '../table/table.ts'
import { htmlText } from './text.ts'

/** htmlTable prints a table that scrolls by itself where it is wider than the page, with the keyboard too. */
export function htmlTable(table: Table, className = ''): string {
  const { caption, columns, rows } = table
  const heads = columns.map(({ head, align }) => `<th scope="col" class="${align}">${head}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map((cell, at) => htmlCell(cell, at, table)).join('')}</tr>`)
  return `<div class="scroll" tabindex="0" role="region" aria-label="${htmlText(caption)}"><table class="${className}"><caption>${htmlText(caption)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>`
}

function htmlCell({ text, note, strong, badge, faint }: Cell, at: number, { columns }: Table): string {
  const plain = htmlText(text)
  const body =
    strong === true
      ? `<strong>${plain}</strong>`
      : faint === true
        ? `<span class="soft">${plain}</span>`
        : plain
  const marked =
    badge === undefined
      ? body
      : `<span class="badge ${badge.tone}">${htmlText(badge.word, 40)}</span> ${body}`
  const inner = note === undefined ? marked : `${marked}<small>${htmlText(note)}</small>`
  const align = columns[at]?.align ?? 'left'
  return at === 0 ? `<th scope="row" class="${align}">${inner}</th>` : `<td class="${align}">${inner}</td>`
}
