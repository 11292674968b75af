import { expect, test } from '@jest/globals'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

test.each([422, 403, 401])(
  'five answers of %d during a rollback cost time, not the rollback',
  async (status) => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ sandbox, run }) => {
      const { outcome } = await run('rollout', quickFlags, {
        onLine: (line, kill) => {
          if (!line.includes('settled at 20%')) return
          sandbox.api.fail(
            ({ method, path }) => method === 'PATCH' && path.includes('virtualservices'),
            { status },
            5,
          )
          kill('SIGTERM')
        },
      })
      expect(outcome).toMatchObject({ exitCode: 4, result: 'rolled-back', reasonCode: 'cancelled' })
      expect(routeWeights(sandbox).find(({ version }) => version === 'v1')?.share).toBe(1)
    })
  },
  60_000,
)
