import { describe, expect, test } from '@jest/globals'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

describe('resume', () => {
  test('starts nothing: a version that was rolled back gets no traffic by it', async () => {
    await withBench({ scenario: quickScenario({}, 'errors'), seed: 3 }, async (bench) => {
      const rolledBack = await bench.run('rollout', quickFlags)
      expect(rolledBack.outcome).toMatchObject({ exitCode: 1, result: 'rolled-back' })
      const seen = bench.sandbox.requests.length
      const { outcome } = await bench.run('resume', { 'prometheus-url': bench.sandbox.prometheusUrl })
      expect(outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'nothing-to-do' })
      const writes = bench.sandbox.requests
        .slice(seen)
        .filter(({ method, path }) => method !== 'GET' && !path.includes('subjectaccessreviews'))
      expect(writes).toEqual([])
      expect(routeWeights(bench.sandbox).find(({ version }) => version === 'v1')?.share).toBe(1)
    })
  }, 60_000)
})
