import { describe, expect, test } from '@jest/globals'
import { simulateCanary, simulateRelease } from '../../../src/commands/offline/simulation.ts'
import { healthyVersion } from '../../../src/simulation/traffic-model.ts'
import { settings } from '../../rollout/release-state.ts'

const options = { runs: 20, seed: 11 }

describe('whole releases in memory, by the very loop that releases', () => {
  test.each([
    { base: 0.001, name: '0.1%' },
    { base: 0.01, name: '1%' },
  ])(
    'at one request a second and $name errors, nine good releases of ten go through with the defaults',
    async ({ base }) => {
      const invented = { perSecond: 1, stableErrors: base, canaryErrors: base, pods: 3 }
      const tally = await simulateCanary(settings, invented, options)
      expect(tally.promoted).toBeGreaterThanOrEqual(0.9)
      expect(tally.rolledBackOnProof).toBeLessThanOrEqual(0.025)
    },
    60_000,
  )

  test('a canary that fails five times as often at 100 requests a second never gets through', async () => {
    const invented = { perSecond: 100, stableErrors: 0.01, canaryErrors: 0.05, pods: 3 }
    const tally = await simulateCanary(settings, invented, options)
    expect(tally.promoted).toBe(0)
    expect(tally.rolledBackOnProof).toBe(1)
    expect(tally.outcomes[0]?.medianSeconds).toBeLessThanOrEqual(90)
  }, 60_000)

  test('both sides degrade together for ten minutes: no innocent release is proven guilty', async () => {
    const traffic = {
      rate: { kind: 'constant' as const, perSecond: 100 },
      callers: [],
      versions: {},
      others: healthyVersion(0.001),
      degradations: [{ from: 120, until: 720, share: 0.3 }],
    }
    const input = { traffic, pods: 3, propagation: 2, historyHours: 1 }
    for (let run = 0; run < 10; run++) {
      const { reason } = await simulateRelease(settings, input, `together/${run}`)
      expect(['worse-than-stable', 'over-limit', 'requests-lost']).not.toContain(reason)
    }
  }, 60_000)

  test('the same seed gives the same releases, another one others', async () => {
    const invented = { perSecond: 10, stableErrors: 0.01, canaryErrors: 0.03, pods: 3 }
    const [first, again, other] = [
      await simulateCanary(settings, invented, { runs: 5, seed: 1 }),
      await simulateCanary(settings, invented, { runs: 5, seed: 1 }),
      await simulateCanary(settings, invented, { runs: 5, seed: 2 }),
    ]
    expect(again).toEqual(first)
    expect(other.meanExcessFailures).not.toBe(first.meanExcessFailures)
  }, 60_000)
})
