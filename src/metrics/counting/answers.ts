import type { AnswersBySide } from '../../release/evidence/answers.ts'
import type { Grid } from '../../release/evidence/grid.ts'
import type { SideName } from '../../release/gates.ts'
import type { SeriesClass } from './classes.ts'
import type { SeriesClasses } from './grid.ts'

/** What one scrape target adds at each grid point, by series. */
interface Increases {
  added: ReadonlyMap<number, ReadonlyMap<string, number>>
}

/**
 * answersAt gives, for each grid point, how many requests each version had answered how since the first one. A point
 * at which nothing was added shares the object of the one before.
 */
export function answersAt(
  grid: Grid,
  counted: readonly Increases[],
  classes: SeriesClasses,
): AnswersBySide[] {
  const points: AnswersBySide[] = []
  const sums: Record<SideName, Record<string, number>> = { canary: {}, stable: {} }
  let shown: AnswersBySide = { canary: {}, stable: {} }
  for (let index = 0; index <= grid.last; index += 1) {
    let changed = false
    for (const { added } of counted) {
      for (const [key, value] of added.get(index) ?? []) {
        const seriesClass = classes.get(key)
        if (value !== 0 && seriesClass !== undefined) changed = add(sums, seriesClass, value) || changed
      }
    }
    if (changed) shown = { canary: { ...sums.canary }, stable: { ...sums.stable } }
    points.push(shown)
  }
  return points
}

function add(
  sums: Record<SideName, Record<string, number>>,
  { side, outcome, answer }: SeriesClass,
  value: number,
): boolean {
  if (side === 'other' || outcome === 'abandoned' || outcome === 'unreached') return false
  sums[side][answer] = (sums[side][answer] ?? 0) + value
  return true
}
