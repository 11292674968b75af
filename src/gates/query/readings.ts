import type { Reading } from '../../release/evidence/gate-evidence.ts'
import type { Grid } from '../../release/evidence/grid.ts'
import type { QueryResult } from '../../release/evidence/query-source.ts'

/**
 * readingsOf reads one number for each point of the grid. Nothing, and 0/0, is no data; several series, or an infinite
 * number, is bad data: it is unclear which number was meant.
 */
export function readingsOf(grid: Grid, answer: QueryResult): Reading[] {
  const seen = new Map<number, number[]>()
  for (const { samples } of answer.series) {
    for (const [time, value] of samples) {
      const index = Math.round((time - grid.start) / grid.interval)
      seen.set(index, [...(seen.get(index) ?? []), value])
    }
  }
  return Array.from({ length: Math.max(0, grid.last + 1) }, (_, index) => ({
    t: (index * grid.interval) / 1000,
    ...readingOf(seen.get(index) ?? []),
  }))
}

/** readingOf judges what one evaluation gave. */
export function readingOf(values: readonly number[]): Omit<Reading, 't'> {
  const [value] = values
  if (value === undefined) return { outcome: 'no-data', value: null, text: 'the query gave nothing' }
  if (values.length > 1) {
    const text = `the query gave ${values.length} series: it must give one number`
    return { outcome: 'bad-data', value: null, text }
  }
  if (Number.isNaN(value)) return { outcome: 'no-data', value: null, text: 'the query gave NaN, as 0/0 does' }
  if (Number.isFinite(value)) return { outcome: 'value', value, text: '' }
  return { outcome: 'bad-data', value: null, text: `the query gave ${value > 0 ? '+' : '-'}Inf` }
}
