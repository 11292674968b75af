import { describe, expect, jest, test } from '@jest/globals'
import { deploymentManifest } from '../../src/sandbox/scenarios/shop.ts'
import { patchByHand } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'

jest.setTimeout(90_000)

const subsets = ({ sandbox }: Bench) =>
  ((sandbox.store.get('DestinationRule', 'shop', 'my-api')?.spec?.subsets ?? []) as { name: string }[]).map(
    ({ name }) => name,
  )

async function released(bench: Bench, version: string): Promise<void> {
  if (version !== 'v2') bench.sandbox.apply(deploymentManifest(version))
  const flags = { ...quickFlags, 'step-timeout': '30m' }
  const { outcome } = await bench.run('rollout', { ...flags, version })
  expect(outcome).toMatchObject({ result: 'promoted', canaryVersion: version })
}

describe('subsets of versions that served long ago', () => {
  test('go when the release after the next is promoted, and come back for a rollback', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await released(bench, 'v2')
      expect(subsets(bench)).toEqual(['v1', 'v2'])
      await released(bench, 'v3')
      expect(subsets(bench)).toEqual(['v1', 'v2', 'v3'])
      await released(bench, 'v4')
      // v1 was there before us: it is not ours to remove.
      expect(subsets(bench)).toEqual(['v1', 'v3', 'v4'])
      const back = await bench.run('rollback', { 'to-version': 'v2' })
      expect(back.outcome).toMatchObject({ result: 'rolled-back', exitCode: 0 })
      expect(subsets(bench)).toEqual(['v1', 'v3', 'v4', 'v2'])
    })
  })

  test('stay while somebody’s route names them', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await released(bench, 'v2')
      await released(bench, 'v3')
      await patchByHand(bench.sandbox, 'my-api', [
        {
          op: 'add',
          path: '/spec/http/0',
          value: {
            match: [{ uri: { prefix: '/old' } }],
            route: [{ destination: { host: 'my-api.shop.svc.cluster.local', subset: 'v2' } }],
          },
        },
      ])
      await released(bench, 'v4')
      expect(subsets(bench)).toContain('v2')
    })
  })
})

test('plan shows every change as a diff of the object, in YAML', async () => {
  await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
    const { code, stdout } = await bench.run('plan', { history: '5m', steps: '20,100' })
    expect(code).toBe(0)
    const lines = stdout.split('\n').map((line) => line.trim())
    for (const line of ['+     - name: v2', '-           weight: 100', '+           weight: 80'])
      expect(lines).toContain(line)
  })
})
