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

  test('a canary that answers 404 where stable answers 200 is not promoted without a word', async () => {
    const scenario = quickScenario()
    const { traffic } = scenario
    const versions = Object.fromEntries(
      Object.entries(traffic.versions).map(([name, model]) => [
        name,
        name === scenario.canary ? { ...model, goodCodes: [{ code: '404', weight: 1 }] } : model,
      ]),
    )
    await withBench(
      { scenario: { ...scenario, traffic: { ...traffic, versions } }, seed: 3 },
      async (bench) => {
        const { code, outcome, stdout } = await bench.run('rollout', quickFlags)
        expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
        const { warnings } = outcome as unknown as { warnings: { text: string }[] }
        expect(warnings.map(({ text }) => text).join()).toMatch(/404/)
        expect(stdout).toMatch(/404/)
        expect(bench.report('report.md')).toMatch(/404/)
      },
    )
  }, 60_000)
})
