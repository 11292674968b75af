import { describe, expect, jest, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { RunOptions } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

jest.setTimeout(60_000)

const weightOf = (routes: ReturnType<typeof routeWeights>, version: string) =>
  routes.find((route) => route.version === version)?.share

/** leaseHolders gives the holder of every Lease of the shop; '' for one that was given back. */
const leaseHolders = (sandbox: Sandbox) =>
  sandbox.store.list('Lease', 'shop').map(({ spec }) => spec?.holderIdentity ?? '')

describe('output that nobody reads any more changes nothing of a release', () => {
  const ways: [string, RunOptions][] = [
    ['standard output is closed after its first line', { closed: ['stdout'] }],
    ['both outputs are closed', { closed: ['stdout', 'stderr'] }],
    ['both outputs go to a full disk', { outputFile: '/dev/full' }],
  ]
  test.each(ways)('%s', async (_name, options) => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ run, sandbox }) => {
      const { code, signal, outcome, stderr } = await run('rollout', quickFlags, options)
      expect({ code, signal, ...outcome }).toMatchObject({
        code: 0,
        signal: null,
        result: 'promoted',
        exitCode: 0,
      })
      expect(weightOf(routeWeights(sandbox), 'v2')).toBe(1)
      expect(leaseHolders(sandbox)).toEqual([''])
      // Where the other stream can still be heard it is said there, once.
      const shown = stderr.match(/standard output can't be written any more/g) ?? []
      expect(shown).toHaveLength(options.closed?.length === 1 ? 1 : 0)
    })
  })
})

test.each(['SIGHUP', 'SIGTERM', 'SIGINT'] as const)(
  '%s puts traffic back before the process ends',
  async (name) => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ run, sandbox }) => {
      let sent = false
      const { code, outcome } = await run('rollout', quickFlags, {
        onLine: (line, kill) => {
          if (sent || !line.includes('settled at 20%')) return
          sent = true
          kill(name)
          // A second one changes nothing.
          kill(name)
        },
      })
      expect(sent).toBe(true)
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'rolled-back', reasonCode: 'cancelled' })
      expect(weightOf(routeWeights(sandbox), 'v1')).toBe(1)
    })
  },
)
