import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { WorkloadFault } from '../../src/sandbox/workloads/pods/pod-life.ts'
import { scaleDeployment } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseIn, routeWrites } from '../support/wire.ts'

const canary = 'my-api-v2'

const broken = (sandbox: Sandbox, fault: WorkloadFault | null, deployment = canary) =>
  sandbox.workloads.setFault('shop', deployment, fault)

const warnings = (bench: Bench) =>
  bench.record().flatMap((event) => (event.type === 'warning' ? [event.text] : []))

const waits = (bench: Bench) =>
  bench.record().flatMap((event) => (event.type === 'phase' ? [event.text] : []))

const onStable = (sandbox: Sandbox) =>
  expect(routeWeights(sandbox).find(({ version }) => version === 'v1')?.share).toBe(1)

describe('pods that a step needs', () => {
  test('are waited for, saying why they are not ready, and the release goes on when they come', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      broken(sandbox, { kind: 'imagePull' })
      sandbox.at(90_000, () => broken(sandbox, null))
      const { code, outcome } = await bench.run('rollout', quickFlags)
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
      expect(waits(bench).join('\n')).toMatch(/20% needs 1 ready canary pods, 0 are: .*ImagePull/)
      const shift = routeWrites(sandbox).find(({ body }) => body.includes('"weight\\":20'))
      expect((shift?.at ?? 0) - sandbox.start).toBeGreaterThanOrEqual(90_000)
    })
  }, 60_000)

  test('that never come end the release by the deadline, and no weight was ever moved', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      broken(bench.sandbox, { kind: 'imagePull' })
      const { code, outcome } = await bench.run('rollout', { ...quickFlags, 'capacity-timeout': '2m' })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'rolled-back', reasonCode: 'capacity' })
      expect(outcome.message).toMatch(/ImagePull/)
      expect(bench.record().filter(({ type }) => type === 'step')).toEqual([])
      onStable(bench.sandbox)
      expect(releaseIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
    })
  }, 60_000)
})

describe('pods that get lost', () => {
  test('all at once: traffic is back at the next turn, although Prometheus is dead too', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let lostAt = 0
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line) => {
          if (!line.includes('settled at 20%') || lostAt > 0) return
          lostAt = sandbox.clock.now()
          void sandbox.prometheus.setFault({ kind: 'down' })
          broken(sandbox, { kind: 'crashLoop', afterSeconds: 0 })
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 1, result: 'rolled-back', reasonCode: 'pods-lost' })
      expect(outcome.message).toMatch(/no canary pod is ready/i)
      const back = routeWrites(sandbox).at(-1)
      // One question to the dead Prometheus may have been under way.
      expect((back?.at ?? 0) - lostAt).toBeLessThanOrEqual(45_000)
      onStable(sandbox)
    })
  }, 60_000)

  test('more than half of those that are needed, for 30 s', async () => {
    const scenario = quickScenario()
    await withBench({ scenario, seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let lostAt = 0
      const flags = { ...quickFlags, steps: '90,100', 'min-step-duration': '2m', 'final-duration': '2m' }
      const { code, outcome } = await bench.run('rollout', flags, {
        onLine: (line) => {
          if (!line.includes('settled at 90%') || lostAt > 0) return
          lostAt = sandbox.clock.now()
          scaleDeployment(sandbox, 'v2', 1)
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 1, result: 'rolled-back', reasonCode: 'pods-lost' })
      expect(outcome.message).toMatch(/only 1 of 3 canary pods/i)
      expect((routeWrites(sandbox).at(-1)?.at ?? 0) - lostAt).toBeGreaterThanOrEqual(30_000)
      onStable(sandbox)
    })
  }, 60_000)

  test('of stable: warned about at once, with the command that brings them back', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let shrankAt = 0
      const { outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line) => {
          if (!line.includes('settled at 20%') || shrankAt > 0) return
          shrankAt = sandbox.clock.now()
          scaleDeployment(sandbox, 'v1', 1)
        },
      })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      const shown = warnings(bench).filter((text) => text.includes('Stable v1 has'))
      expect(shown).toEqual([expect.stringContaining('1 ready pod')])
      expect(shown[0]).toContain('scale deployment my-api-v1 --replicas=3')
      const at = bench
        .record()
        .find((event) => event.type === 'warning' && event.code === 'stable-shrank')?.at
      expect(Date.parse(at ?? '') - shrankAt).toBeLessThanOrEqual(10_000)
    })
  }, 60_000)

  test('of stable, all of them, beside a bad canary: nothing is moved, and a person is called', async () => {
    await withBench({ scenario: quickScenario({}, 'errors'), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let lost = false
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line) => {
          if (!line.includes('step 1') || lost) return
          lost = true
          scaleDeployment(sandbox, 'v1', 0)
        },
      })
      expect({ code, ...outcome }).toMatchObject({
        code: 5,
        result: 'unsafe',
        reasonCode: 'stable-unavailable',
      })
      expect(outcome.message).toContain('scale deployment my-api-v1 --replicas=3')
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'paused', reason: 'stable-unavailable', weight: 20 })
      expect(routeWeights(sandbox).map(({ share }) => share)).toEqual([0.8, 0.2])
    })
  }, 60_000)
})
