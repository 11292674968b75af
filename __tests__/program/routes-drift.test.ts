import { describe, expect, jest, test } from '@jest/globals'
import { setWeights } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'

jest.setTimeout(60_000)

/** The canary has 20% and is being watched at this time (ms after the start). */
const watched = 45_000

const canaryShare = ({ sandbox }: Bench) =>
  routeWeights(sandbox).find(({ version }) => version === sandbox.scenario.canary)?.share ?? 0

const warnings = (bench: Bench, code: string) =>
  bench.record().flatMap((event) => (event.type === 'warning' && event.code === code ? [event.text] : []))

function drifting(times: { at: number; weights: number[] }[], act: (bench: Bench) => Promise<void>) {
  return withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
    for (const { at, weights } of times)
      bench.sandbox.at(at, () => setWeights(bench.sandbox, 'my-api', ...weights))
    await act(bench)
  })
}

describe('somebody else changes the weights of a release in flight', () => {
  test('hold: nothing is overwritten, and the outcome says who changed what', async () => {
    await drifting([{ at: watched, weights: [60, 40] }], async (bench) => {
      const { code, outcome } = await bench.run('rollout', quickFlags)
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'paused', reasonCode: 'drift' })
      expect(outcome.message).toContain('kubectl-edit')
      expect(outcome.message).toContain('/spec/http/0/route/0/weight')
      expect(outcome.message).toContain('40%')
      expect(canaryShare(bench)).toBeCloseTo(0.4, 9)
      expect(bench.report('report.md')).toContain('kubectl-edit')
    })
  })

  test('restore: the weights are written again, and the release goes on to its end', async () => {
    await drifting([{ at: watched, weights: [60, 40] }], async (bench) => {
      const { code, outcome } = await bench.run('rollout', { ...quickFlags, 'on-drift': 'restore' })
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
      expect(warnings(bench, 'drift-restored')).toEqual([expect.stringContaining('kubectl-edit')])
      expect(releaseIn(bench.sandbox)).toMatchObject({ driftRestores: 1, phase: 'promoted' })
    })
  })

  test('restore ends after three times: a fight is no release', async () => {
    const times = [0, 1, 2, 3].map((turn) => ({ at: watched + turn * 15_000, weights: [60, 40] }))
    await drifting(times, async (bench) => {
      const { code, outcome } = await bench.run('rollout', { ...quickFlags, 'on-drift': 'restore' })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'paused', reasonCode: 'drift' })
      expect(outcome.message).toContain('3 times already')
      expect(warnings(bench, 'drift-restored')).toHaveLength(3)
    })
  })

  test('adopt: the release goes on from a lower share, and takes the next step only after a pass', async () => {
    await drifting([{ at: watched, weights: [95, 5] }], async (bench) => {
      const { code, outcome } = await bench.run('rollout', {
        ...quickFlags,
        'step-timeout': '15m',
        'on-drift': 'adopt',
      })
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
      const steps = releaseIn(bench.sandbox)?.stepStates.map(({ weight, end }) => [weight, end?.verdict])
      expect(steps).toEqual([
        [20, 'continue'],
        [5, 'pass'],
        [20, 'pass'],
        [100, 'pass'],
      ])
    })
  })

  test('adopt never goes on from a higher share than was passed', async () => {
    await drifting([{ at: watched, weights: [10, 90] }], async (bench) => {
      const { code, outcome } = await bench.run('rollout', { ...quickFlags, 'on-drift': 'adopt' })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'paused', reasonCode: 'drift' })
      expect(releaseIn(bench.sandbox)).toMatchObject({ weight: 20, phase: 'paused' })
    })
  })
})
