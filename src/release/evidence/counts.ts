import type { AnswersBySide } from './answers.ts'

/** Counts are requests of one side, cumulative since the release started. Whole numbers. */
export interface Counts {
  total: number
  bad: number
}

/** sumCounts adds counts up. */
export function sumCounts(all: readonly Counts[]): Counts {
  return all.reduce((sum, { total, bad }) => ({ total: sum.total + total, bad: sum.bad + bad }), {
    total: 0,
    bad: 0,
  })
}

/** countsSince gives what cumulative counts gained from one moment to another; never less than nothing. */
export function countsSince(until: Counts, from: Counts): Counts {
  return { total: Math.max(0, until.total - from.total), bad: Math.max(0, until.bad - from.bad) }
}

/** CountPoint is what one grid point of the release shows; null where a side could not be counted. */
export interface CountPoint {
  /** Seconds since the release started: a multiple of the poll interval. */
  t: number
  canary: Counts | null
  stable: Counts | null
  /** Requests that reached no pod (flags NC, UH, UO …), cumulative; null where unknown. */
  unreached: number | null
  /** Requests whose client went away before an answer (code 0 with flag DC), in neither count; cumulative. */
  abandoned: number
  /** What was answered, abandoned requests left out; absent: not told apart. */
  answers?: AnswersBySide
  /** Most requests that one scrape target added to the canary since the point before; absent: not known. */
  largestRise?: number
}

/** CountNote is something the counting saw that a reader of the verdict should know. */
export interface CountNote {
  t: number
  kind: 'restart' | 'gap' | 'late' | 'return' | 'info'
  /** Scrape target the note is about, e.g. `10.0.0.7:15020`; `*`: all. */
  instance: string
  /** The gate whose answers it is about; absent: those of failed requests. */
  gate?: string
  text: string
}

/** CountSeries is the evidence of a release so far: polls on the grid and what was noticed while counting. */
export interface CountSeries {
  points: CountPoint[]
  notes: CountNote[]
}

/** Poll is one row of the verdict engine's input, see `judge`. `t` in seconds. */
export interface Poll {
  t: number
  step: number
  canary: Counts | null
  stable: Counts | null
  /** false where stable gets no traffic by design (a step at 100%). Absent means true. */
  control?: boolean
}

/** Calibration is what stable's own pods showed before the release, summed as the dispersion's formulas need it. */
export interface Calibration {
  n: number
  b: number
  S1: number
  S2: number
  S4?: number
  df: number
}

/** CountSource says which series are counted; chosen before the release, recorded, never mixed. */
export interface CountSource {
  /** `source`: what callers saw; `destination`: what the pods' own proxies saw. */
  reporter: 'source' | 'destination'
  /** Metric label that separates the versions, e.g. `destination_workload`. */
  label: string
  canary: string
  stable: string
}
