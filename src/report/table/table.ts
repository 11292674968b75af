/** Tone says how a cell or a badge is coloured where colours exist. */
type Tone = 'good' | 'bad' | 'open' | 'running' | 'danger'

/** Cell is what stands in one place of a table. Texts are as they came, outside text included: printers escape them. */
export interface Cell {
  text: string
  /** A second, smaller line below it. */
  note?: string
  /** The cell's figure is the one to look at. */
  strong?: boolean
  /** A word with a sign before the text: how something stands. */
  badge?: { sign: string; word: string; tone: Tone }
  /** Nothing is known or to be said here: shown faintly. */
  faint?: boolean
}

/** Column is one column of a table. */
export interface Column {
  head: string
  align: 'left' | 'right'
}

/** Table is a table for people; the first cell of a row names the row. */
export interface Table {
  caption: string
  columns: readonly Column[]
  rows: readonly (readonly Cell[])[]
}

/** textCell is a cell of plain text. */
export function textCell(text: string): Cell {
  return { text }
}
