import type { Cell, Table } from '../table/table.ts'
import { markdownText } from './text.ts'

/**
 * markdownTable prints a table, its last `most` rows; `limit` is the longest text of a cell. GitHub breaks figures
 * at any space, so those of a note are held together.
 */
export function markdownTable(table: Table, limit: number, most: number): string {
  const shown = table.rows.slice(-most)
  const left = table.rows.length - shown.length
  return [
    `| ${table.columns.map(({ head }) => head).join(' | ')} |`,
    `|${table.columns.map(({ align }) => (align === 'right' ? '--:' : ':--')).join('|')}|`,
    ...shown.map((row) => `| ${row.map((cell) => markdownCell(cell, limit)).join(' | ')} |`),
    ...(left > 0 ? [`\n${left} earlier rows not shown.`] : []),
  ].join('\n')
}

function markdownCell({ text, note, strong, badge }: Cell, limit: number): string {
  const plain = markdownText(text, limit)
  const body = strong === true ? `**${plain}**` : plain
  const marked = badge === undefined ? body : `${badge.sign} **${markdownText(badge.word, 40)}**: ${body}`
  return note === undefined ? marked : `${marked}<br>${markdownText(note, 80).replaceAll(' ', '&nbsp;')}`
}
