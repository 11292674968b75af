import { describe, expect, test } from '@jest/globals'
import type { Settings } from '../../src/release/settings.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { nextCheckAt } from '../../src/rollout/state/next-check.ts'
import { entry, release, settings } from './release-state.ts'

interface Row {
  name: string
  state: Partial<ReleaseState>
  changes?: Partial<Settings>
  now: number
  expected: number
}

const observed: Partial<ReleaseState> = { phase: 'observing', weight: 10, stepStates: [entry()] }
const final: Partial<ReleaseState> = { ...observed, weight: 100, stepStates: [entry({ weight: 100 })] }

/** The grid: every 15 s from 1,000,000 ms on; counts are asked for 5 s later. */
const rows: Row[] = [
  { name: 'the step can end', state: observed, now: 1_100_000, expected: 1_245_000 },
  { name: 'that poll is due now: the one after', state: observed, now: 1_245_000, expected: 1_260_000 },
  { name: 'the time is over: the next poll', state: observed, now: 1_250_000, expected: 1_260_000 },
  {
    name: 'at 100% the final duration counts',
    state: final,
    changes: { finalDuration: 3_600_000 },
    now: 1_100_000,
    expected: 4_665_000,
  },
  {
    name: 'the timer does not run yet: all of its time to settle',
    state: { phase: 'settling', stepStates: [entry({ timerStart: null })] },
    now: 1_040_000,
    expected: 1_290_000,
  },
  {
    name: 'testers have been there long enough',
    state: { preTraffic: { kind: 'preview', since: 1_020_000 } },
    changes: { preTrafficDuration: 600_000 },
    now: 1_030_000,
    expected: 1_635_000,
  },
  { name: 'no step yet: the next poll', state: {}, now: 1_000_001, expected: 1_005_000 },
  {
    name: 'before the watchdog acts',
    state: { ...observed, watchdogAt: 1_200_000 },
    now: 1_100_000,
    expected: 1_200_000,
  },
]

describe('the next turn of step mode has something to do', () => {
  test.each(rows)('$name', ({ state, changes, now, expected }) => {
    expect(nextCheckAt(release(state), { ...settings, mode: 'step', ...changes }, now)).toBe(expected)
  })
})
