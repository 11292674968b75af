import type { CountPoint, Poll } from '../../release/evidence/counts.ts'
import { type Settings, shortestStep } from '../../release/settings.ts'
import type { ReleaseState, StepState } from '../../release/state/state.ts'
import type { StepOverride } from '../../verdict/config.ts'

/** engineStep numbers the phases of a step apart: settling is even, observing odd. */
export function engineStep(step: number, observing: boolean): number {
  return 2 * step + (observing ? 1 : 0)
}

/** secondsSinceStart gives seconds since the release's start. */
export function secondsSinceStart(state: ReleaseState, at: number): number {
  return (at - state.startedAt) / 1000
}

/** fillMissingPoints gives the points up to `until` (ms); grid points without one (an outage) become missing ones. */
export function fillMissingPoints(
  state: ReleaseState,
  points: readonly CountPoint[],
  until: number,
): CountPoint[] {
  const seconds = state.interval / 1000
  const lastGrid = Math.floor(secondsSinceStart(state, until) / seconds + 1e-9) * seconds
  const all = points.filter((point) => point.t <= lastGrid + 1e-9)
  for (let t = (all.at(-1)?.t ?? -seconds) + seconds; t <= lastGrid + 1e-9; t += seconds) {
    all.push({ t, canary: null, stable: null, unreached: null, abandoned: all.at(-1)?.abandoned ?? 0 })
  }
  return all
}

/** sinceFirstShift keeps what came since the last grid point before the first weight write, which is the anchor. */
export function sinceFirstShift<Row extends { t: number }>(state: ReleaseState, rows: readonly Row[]): Row[] {
  const first = state.stepStates[0]
  if (!first) return []
  const firstWrite = secondsSinceStart(state, first.writtenAt)
  const anchor = rows.findLast((row) => row.t <= firstWrite + 1e-9)?.t ?? 0
  return rows.filter((row) => row.t >= anchor)
}

/** toPolls gives the engine its rows. */
export function toPolls(state: ReleaseState, points: readonly CountPoint[]): Poll[] {
  return sinceFirstShift(state, points).map((point) => {
    const { step, entry } = stepAt(state, point.t)
    const poll: Poll = { t: point.t, step, canary: point.canary, stable: point.stable }
    const alone = entry.weight >= 100 && point.t >= secondsSinceStart(state, entry.writtenAt) - 1e-9
    return alone ? { ...poll, control: false } : poll
  })
}

/** stepAt gives the step in force at a time in seconds since the release's start, and its number for the engine. */
export function stepAt(state: ReleaseState, t: number): { step: number; entry: StepState } {
  let index = 0
  for (let i = 1; i < state.stepStates.length; i++) {
    if (secondsSinceStart(state, (state.stepStates[i] as StepState).writtenAt) <= t + 1e-9) index = i
  }
  const entry = state.stepStates[index] as StepState
  const observing = entry.timerStart !== null && t >= secondsSinceStart(state, entry.timerStart) - 1e-9
  return { step: engineStep(index, observing), entry }
}

/** stepOverrides says, by engine step, what a pass proves and how long the step lasts; settling never passes. */
export function stepOverrides(
  state: ReleaseState,
  settings: Settings,
  marginOf: (entry: StepState) => number,
): Record<number, StepOverride> {
  const overrides: Record<number, StepOverride> = {}
  state.stepStates.forEach((entry, index) => {
    overrides[engineStep(index, false)] = {
      minSeconds: Number.POSITIVE_INFINITY,
      maxSeconds: Number.POSITIVE_INFINITY,
    }
    const minimum = shortestStep(entry.weight, settings)
    overrides[engineStep(index, true)] = {
      passMargin: marginOf(entry),
      minSeconds: minimum / 1000,
      maxSeconds: Math.max(minimum, settings.stepTimeout) / 1000,
    }
  })
  return overrides
}
