import { describe, expect, jest, test } from '@jest/globals'
import { type Kill, liveThroughKill, type Successor } from './kill.ts'
import { liveThroughFaults } from './network.ts'

jest.setTimeout(120_000)

/** A few of the schedules of `npm run test:chaos`, which lives through all of them. */
describe('the built program', () => {
  const kills: [Kill, Successor][] = [
    [{ at: 'call', api: 'kubernetes', index: 58, done: true }, 'post'],
    [{ at: 'call', api: 'prometheus', index: 25, done: false }, 'rollout'],
    [{ at: 'sleep', ms: 52_000 }, 'reconcile'],
  ]
  test.each(kills)('killed at %j leaves what %s puts right', async (kill, successor) => {
    expect(await liveThroughKill(1, kill, successor)).toMatchObject({ broken: [], faults: 1 })
  })

  test('with 5% of all answers wrong ends in a safe state', async () => {
    const { broken, faults } = await liveThroughFaults(5, 0.05)
    expect(broken).toEqual([])
    expect(faults).toBeGreaterThan(3)
  })
})
