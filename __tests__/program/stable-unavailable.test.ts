import { describe, expect, test } from '@jest/globals'
import { runStep } from '../support/action-step.ts'
import { scaleDeployment } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario, rolloutInputs } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

const unavailable = { exitCode: 5, result: 'unsafe', reasonCode: 'stable-unavailable' }

/** Scales stable to nothing when the canary serves everything, and lets the process end by `signal`. */
const leaveAt100 = (bench: Bench, signal: NodeJS.Signals) =>
  bench.run('rollout', quickFlags, {
    onLine: (line, kill) => {
      if (!line.includes('settled at 100%')) return
      scaleDeployment(bench.sandbox, 'v1', 0)
      kill(signal)
    },
  })

const serving = ({ sandbox }: Bench) =>
  routeWeights(sandbox)
    .filter(({ share }) => share > 0)
    .map(({ version, share }) => [version, share])

describe('a stable version without pods is none to return to', () => {
  test('by abort, rollback and reconcile alike; once it has pods again, reconcile finishes the rollback', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await leaveAt100(bench, 'SIGKILL')
      for (const command of ['abort', 'rollback', 'reconcile']) {
        const flags = command === 'reconcile' ? { 'capacity-timeout': '20s' } : {}
        const { outcome } = await bench.run(command, flags)
        expect(outcome).toMatchObject(unavailable)
        expect(outcome.message).toContain('scale deployment my-api-v1 --replicas=3')
      }
      expect(serving(bench)).toEqual([['v2', 1]])
      scaleDeployment(bench.sandbox, 'v1', 3)
      await bench.sandbox.clock.advance(30_000)
      const { outcome } = await bench.run('reconcile', { 'capacity-timeout': '5m' })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
      expect(serving(bench)).toEqual([['v1', 1]])
    })
  }, 60_000)

  test('by a run that is told to stop', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { outcome } = await leaveAt100(bench, 'SIGTERM')
      expect(outcome).toMatchObject(unavailable)
      expect(serving(bench)).toEqual([['v2', 1]])
    })
  }, 60_000)

  test('by the post step', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const { sandbox } = bench
      const inputs = rolloutInputs(bench)
      const stopAt = { line: 'settled at 100%', signal: 'SIGKILL' as const }
      const main = await runStep(bench, inputs, { stopAt })
      scaleDeployment(sandbox, 'v1', 0)
      const post = await runStep(bench, inputs, { post: true, state: main.state })
      expect([post.code, post.out]).toEqual([5, expect.stringContaining('stable-unavailable')])
      expect(serving(bench)).toEqual([['v2', 1]])
    })
  }, 60_000)
})
