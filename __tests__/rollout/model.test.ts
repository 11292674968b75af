import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { liveOut } from './model/life.ts'
import { anySchedule, type Schedule } from './model/schedule.ts'
import { settings } from './release-state.ts'

/** `npm run test:chaos` asks for more. */
const runs = Number(process.env['SHIFTGATE_CHAOS_RUNS'] ?? 150)
// The short form lives the same lives each time: a finding belongs to the change that made it. The long form draws new ones.
const seed =
  process.env['SHIFTGATE_CHAOS_SEED'] ?? (process.env['SHIFTGATE_CHAOS_RUNS'] === undefined ? '1' : undefined)

describe('whatever happens to a release', () => {
  test(
    'no law is broken at any write, and a run after it can put it right',
    async () => {
      await fc.assert(
        fc.asyncProperty(anySchedule, async (schedule) => {
          expect(await liveOut(schedule)).toEqual([])
        }),
        { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) },
      )
    },
    Math.max(60_000, runs * 500),
  )

  // Lives that broke a law once.
  const found: Record<string, Pick<Schedule, 'happenings'>> = {
    'the state is taken away while users are watched after the last write': {
      happenings: [
        { at: 11_000, kind: 'empty-pods', times: 1 },
        { at: 16_000, kind: 'foreign-state', what: 'removed' },
      ],
    },
    'the state becomes garbage while users are watched after the last write': {
      happenings: [
        { at: 11_000, kind: 'empty-pods', times: 1 },
        { at: 16_000, kind: 'foreign-state', what: 'garbage' },
      ],
    },
  }
  test.each(Object.entries(found))('%s', async (_name, { happenings }) => {
    const steps = {
      ...settings,
      steps: [20, 100],
      minStepDuration: 60_000,
      stepTimeout: 180_000,
      finalDuration: 60_000,
      settleTimeout: 30_000,
      capacityTimeout: 120_000,
    }
    const life = { settings: steps, initial: false, killAtCall: null, successor: 'resume' as const }
    expect(await liveOut({ ...life, happenings })).toEqual([])
  })
})
