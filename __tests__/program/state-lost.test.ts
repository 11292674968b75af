import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'

const somebody = { manager: 'kubectl-edit', operation: 'Update' as const }
const key = 'my-api.shop.shiftgate.io/release'

/** Once the step at 20% is observed, something is done to the object that holds the release. */
function whenObserved(sandbox: Sandbox, act: () => void): (line: string) => void {
  let done = false
  return (line) => {
    if (done || !line.includes('settled at 20%')) return
    done = true
    sandbox.at(sandbox.clock.now() - sandbox.start + 7_000, act)
  }
}

function holder(sandbox: Sandbox): KubeObject {
  const object = sandbox.store.get('VirtualService', 'shop', 'my-api')
  if (!object) throw new Error('no VirtualService')
  return object
}

describe('a release whose state is taken away while it runs', () => {
  test.each([
    { name: 'its annotation is removed', text: undefined },
    { name: 'its annotation is garbage', text: '{"schema":2,"weight":1e999,' },
  ])(
    '$name: it is written anew, and the release goes on',
    async ({ text }) => {
      await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
        const { sandbox } = bench
        const { outcome } = await bench.run('rollout', quickFlags, {
          onLine: whenObserved(sandbox, () => {
            const before = holder(sandbox)
            const object = structuredClone(before)
            if (text === undefined) delete object.metadata.annotations?.[key]
            else object.metadata.annotations = { ...object.metadata.annotations, [key]: text }
            sandbox.store.update(kindNamed('VirtualService'), before, object, somebody)
          }),
        })
        expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
        expect(
          bench.record().filter((event) => event.type === 'warning' && event.code === 'state-lost'),
        ).toHaveLength(1)
        expect(releaseIn(sandbox)).toMatchObject({ phase: 'promoted', weight: 100 })
      })
    },
    60_000,
  )

  test('its VirtualService is deleted: stable is named by a new one', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: whenObserved(sandbox, () =>
          sandbox.store.remove(kindNamed('VirtualService'), holder(sandbox)),
        ),
      })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'rolled-back', reasonCode: 'drift' })
      expect(routeWeights(sandbox).filter(({ share }) => share > 0)).toEqual([
        expect.objectContaining({ version: 'v1', share: 1 }),
      ])
    })
  }, 60_000)
})
