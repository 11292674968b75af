import { describe, expect, test } from '@jest/globals'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'

const ends = (record: readonly RecordEvent[]) =>
  record.flatMap((event) => (event.type === 'step-end' ? [[event.step, event.verdict]] : []))

describe('a release taken one step a run', () => {
  test('stays in flight between its turns, with a free Lease, and ends as in one run', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const flags = { ...quickFlags, mode: 'step' }
      const turns: Outcome[] = []
      for (let turn = 0; turn < 20; turn++) {
        const { outcome } = await bench.run('rollout', flags, { env: { GITHUB_RUN_ID: `${500 + turn}` } })
        turns.push(outcome)
        if (outcome.result !== 'in-progress') break
        expect(outcome).toMatchObject({ exitCode: 0, reasonCode: 'step-complete' })
        expect(sandbox.store.list('Lease', 'shop')[0]?.spec?.holderIdentity ?? null).toBeNull()
        expect(releaseIn(sandbox)).toMatchObject({
          phase: 'observing',
          id: outcome.releaseId,
          fencingToken: turn + 1,
        })
        // The next run comes when there is something to do.
        const next = Date.parse(outcome.nextCheckAt ?? '')
        expect(next).toBeGreaterThan(sandbox.clock.now())
        await sandbox.clock.advance(next - sandbox.clock.now())
      }
      expect(turns.at(-1)).toMatchObject({ exitCode: 0, result: 'promoted', weight: 100 })
      expect(turns.at(-1)?.nextCheckAt).toBeNull()
      expect(new Set(turns.map(({ releaseId }) => releaseId)).size).toBe(1)
      // A step that has proved nothing by then takes another turn.
      expect([...new Set(turns.map(({ weight }) => weight))]).toEqual([20, 100])
      expect(ends(bench.record())).toEqual([
        [0, 'pass'],
        [1, 'pass'],
      ])
      expect(routeWeights(sandbox).find(({ version }) => version === 'v2')?.share).toBe(1)
    })
  }, 60_000)

  test('a bad canary is rolled back by the turn that sees it', async () => {
    const scenario = { ...quickScenario({}, 'errors') }
    await withBench({ scenario, seed: 3 }, async (bench) => {
      const flags = { ...quickFlags, mode: 'step' }
      const first = await bench.run('rollout', flags)
      if (first.outcome.result === 'in-progress') await bench.sandbox.clock.advance(120_000)
      const { outcome } = first.outcome.result === 'in-progress' ? await bench.run('rollout', flags) : first
      expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back', reasonCode: 'worse-than-stable' })
      expect(releaseIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
    })
  }, 60_000)

  test('a turn that finds Prometheus dead ends, and moves nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const flags = { ...quickFlags, mode: 'step', 'step-timeout': '30m' }
      expect((await bench.run('rollout', flags)).outcome).toMatchObject({ result: 'in-progress', weight: 20 })
      await sandbox.prometheus.setFault({ kind: 'down' })
      await sandbox.clock.advance(60_000)
      const before = sandbox.clock.now()
      const { outcome } = await bench.run('rollout', flags)
      expect(outcome).toMatchObject({ exitCode: 0, result: 'in-progress', weight: 20 })
      expect(sandbox.clock.now() - before).toBeLessThanOrEqual(120_000)
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'observing', weight: 20 })
    })
  }, 60_000)
})
