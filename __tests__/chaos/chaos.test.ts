import { describe, expect, jest, test } from '@jest/globals'
import { type Kill, liveThroughFaults, liveThroughKill } from './schedule.ts'

jest.setTimeout(120_000)

/** A few of the schedules of `npm run test:chaos`, which lives through all of them. */
describe('the built program', () => {
  const kills: Kill[] = [
    { at: 'call', index: 47, done: false },
    { at: 'call', index: 58, done: true },
    { at: 'sleep', ms: 52_000 },
  ]
  test.each(kills)('killed at %j leaves what a run after it puts right', async (kill) => {
    expect(await liveThroughKill(1, kill)).toMatchObject({ broken: [], faults: 1 })
  })

  test('with 5% of all answers wrong ends in a safe state', async () => {
    const { broken, faults } = await liveThroughFaults(5, 0.05)
    expect(broken).toEqual([])
    expect(faults).toBeGreaterThan(3)
  })
})
