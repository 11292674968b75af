import { describe, expect, test } from '@jest/globals'
import { openFaultProxy } from '../support/fault-proxy.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWrites } from '../support/wire.ts'

describe('what stands between Prometheus and a release', () => {
  test('a token that ends in the middle of a step is named, with the option to mend it', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const expired = {
        error: { code: 401, message: 'Request had invalid credentials.', status: 'UNAUTHENTICATED' },
      }
      const ended = {
        kind: 'answer',
        status: 401,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(expired),
      } as const
      const moved = () => routeWrites(bench.sandbox).length > 1
      const proxy = await openFaultProxy(bench.sandbox.prometheusUrl, () => (moved() ? ended : null))
      try {
        const { code, outcome } = await bench.run('rollout', { ...quickFlags, 'prometheus-url': proxy.url })
        expect({ code, ...outcome }).toMatchObject({
          code: 4,
          result: 'rolled-back',
          reasonCode: 'metrics-unauthorized',
        })
        expect(outcome.message).toMatch(/rejects the credentials.*prometheus-token-file/)
        expect(bench.report('report.md')).toMatch(/prometheus-token-file/)
      } finally {
        await proxy.close()
      }
    })
  }, 60_000)
})
