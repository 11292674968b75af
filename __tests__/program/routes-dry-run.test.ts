import { describe, expect, jest, test } from '@jest/globals'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { changes } from '../support/wire.ts'

jest.setTimeout(60_000)

const isDryRun = ({ query }: { query: string }) => query.includes('dryRun=All')
const routing = ({ path }: { path: string }) => /\/(virtualservices|destinationrules)/.test(path)

describe('what the cluster is asked before the first write', () => {
  test('every object that the release can leave behind, the rollback included', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ sandbox, run }) => {
      const { code } = await run('rollout', quickFlags)
      expect(code).toBe(0)
      const first = changes(sandbox).find(routing)?.at ?? 0
      const tried = sandbox.requests.filter((request) => isDryRun(request) && request.at <= first)
      const specs = tried
        .filter(({ method, path }) => method === 'PUT' && path.includes('/virtualservices/'))
        .map(({ body }) =>
          JSON.parse(body).spec.http[0].route.map((entry: { weight: number }) => entry.weight),
        )
      expect(specs).toEqual([
        [80, 20],
        [100, 0],
        [0, 100],
      ])
    })
  })

  test('a policy that would refuse a later step refuses the release, and nothing is written', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ sandbox, run }) => {
      sandbox.api.fail(
        ({ method, query, body }) =>
          method === 'PUT' && query.includes('dryRun') && body.includes('"weight":80'),
        {
          status: 403,
          body: {
            kind: 'Status',
            apiVersion: 'v1',
            status: 'Failure',
            reason: 'Forbidden',
            message: 'admission webhook "policy.example.com" denied the request: no canary above 10%',
            code: 403,
          },
        },
        // A policy says no for good: one that said it once is asked again.
        1000,
      )
      const { code, outcome } = await run('rollout', quickFlags)
      expect({ code, result: outcome.result, reason: outcome.reasonCode }).toEqual({
        code: 3,
        result: 'refused',
        reason: 'route-not-editable',
      })
      expect(outcome.message).toContain('no canary above 10%')
      expect(changes(sandbox).filter(routing)).toEqual([])
    })
  })
})
