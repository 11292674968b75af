import { describe, expect, test } from '@jest/globals'
import type { VersionModel } from '../../src/simulation/traffic-model.ts'
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

  test('stable that jumps as a whole is told before the release, with the figures', async () => {
    const scenario = quickScenario({ warmup: 930 })
    const { traffic, stable } = scenario
    const jumping = {
      kind: 'bursts',
      base: 0.002,
      during: 0.2,
      everySeconds: 75,
      lastsSeconds: 30,
      seed: 1,
    } as const
    const own = traffic.versions[stable ?? ''] as VersionModel
    const versions = { ...traffic.versions, [stable ?? '']: { ...own, errors: jumping } }
    await withBench(
      { scenario: { ...scenario, traffic: { ...traffic, versions } }, seed: 3 },
      async (bench) => {
        const { code, stdout } = await bench.run('plan', { ...quickFlags, history: '15m' })
        expect({ code, stdout }).toMatchObject({
          code: 0,
          stdout: expect.stringMatching(/jumps: .*jumped by about \d+% of itself.*3 to 12% in the benchmark/),
        })
      },
    )
  }, 60_000)
})
