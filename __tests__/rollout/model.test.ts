import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { liveOut } from './model/life.ts'
import { anySchedule } from './model/schedule.ts'

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
})
