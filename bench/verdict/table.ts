import { quantile } from './statistics.ts'

/** Table is one section of the report. */
export interface Table {
  title: string
  text: string
  head: string[]
  rows: string[][]
}

/** markdown writes a table with its heading. */
export function markdown({ title, text, head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [`## ${title}`, '', text, '', line(head), line(head.map(() => '---')), ...rows.map(line), ''].join(
    '\n',
  )
}

/** percent shows a share with as many digits as `runs` warrant. */
export function percent(share: number): string {
  const value = share * 100
  return value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)
}

/** rateName names a rate of bad requests, e.g. `0.1%`. */
export function rateName(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))}%`
}

/** times shows median and 95th percentile of seconds. */
export function times(seconds: readonly number[]): string {
  return seconds.length === 0 ? '–' : `${quantile(seconds, 0.5)}/${quantile(seconds, 0.95)}`
}

/** number shows two digits or three. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (value !== 0 && Math.abs(value) < 1) return value.toFixed(2)
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1)
}
