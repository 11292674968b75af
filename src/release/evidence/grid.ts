/** Grid is the times at which a release is looked at: start, start + interval, … ; `last` is the last index. */
export interface Grid {
  /** ms since the epoch. */
  start: number
  /** ms. */
  interval: number
  last: number
}

/** timeAt gives a grid point's time, ms since the epoch. */
export function timeAt(grid: Grid, index: number): number {
  return grid.start + index * grid.interval
}

/** gridUntil is the grid from `start` to its last point not after `until`; `last` is -1 before the start. */
export function gridUntil(start: number, until: number, interval: number): Grid {
  return { start, interval, last: Math.floor((until - start) / interval) }
}

/**
 * alignedGrid is the grid of the multiples of `interval` from the last one at or before `from` to the last one not after
 * `until`, for questions about the past: front ends that move the times of a range to multiples of its step leave it
 * alone.
 */
export function alignedGrid(from: number, until: number, interval: number): Grid {
  return gridUntil(Math.floor(from / interval) * interval, until, interval)
}
