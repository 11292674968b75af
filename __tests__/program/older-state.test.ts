import { describe, expect, test } from '@jest/globals'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

const key = 'my-api.shop.shiftgate.io/release'

/** writeAsSchema1 rewrites the release's annotation as a program of schema 1 would have left it. */
function writeAsSchema1(sandbox: Sandbox): void {
  const home = sandbox.store
    .list('VirtualService', 'shop')
    .find(({ metadata }) => metadata.annotations?.[key] !== undefined)
  if (home === undefined) throw new Error('No release is in flight.')
  const annotations = home.metadata.annotations as Record<string, string>
  const { stepStates, fencingToken, unreachedBaseline, ...same } = JSON.parse(annotations[key] as string)
  const old = { ...same, schema: 1, fence: fencingToken, lost: unreachedBaseline, journal: [] }
  const object = {
    ...home,
    metadata: { ...home.metadata, annotations: { ...annotations, [key]: JSON.stringify(old) } },
  }
  sandbox.store.update(kindNamed('VirtualService'), home, object, { manager: 'older', operation: 'Update' })
}

describe('a release that an older version began', () => {
  test.each([
    { command: 'rollout', flags: quickFlags },
    { command: 'promote', flags: {} },
  ])(
    '$command does not go on with it and says how to end it; that command puts traffic back',
    async ({ command, flags }) => {
      await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
        await bench.run('rollout', quickFlags, {
          onLine: (line, kill) => {
            if (line.includes('settled at 20%')) kill('SIGKILL')
          },
        })
        writeAsSchema1(bench.sandbox)
        const { outcome } = await bench.run(command, flags)
        expect(outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'release-in-flight' })
        expect(outcome.message).toContain('can only be aborted or rolled back')
        expect(outcome.message).toContain('shiftgate abort --namespace shop --service my-api')
        const ended = await bench.run('abort')
        expect(ended.outcome).toMatchObject({
          exitCode: 0,
          result: 'rolled-back',
          reasonCode: 'aborted-by-command',
        })
        expect(routeWeights(bench.sandbox).filter(({ share }) => share > 0)).toMatchObject([
          { version: 'v1' },
        ])
      })
    },
    60_000,
  )
})
