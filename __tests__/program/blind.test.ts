import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { releaseIn } from '../support/wire.ts'

/** A Prometheus that stops answering once the routes ask for a share (percent). */
function diesAt(sandbox: Sandbox, share: number): (line: string) => void {
  let done = false
  return () => {
    if (done || releaseIn(sandbox)?.weight !== share) return
    done = true
    void sandbox.prometheus.setFault({ kind: 'unavailable' })
  }
}

describe('a release that can not see', () => {
  test('is not promoted at 100% where not one request was seen there', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const flags = { interval: '1m', steps: '20,100', history: '5m' }
      const { code, outcome } = await bench.run('rollout', flags, { onLine: diesAt(bench.sandbox, 100) })
      expect({ code, ...outcome }).toMatchObject({
        code: 4,
        result: 'paused',
        reasonCode: 'metrics-outage',
        weight: 100,
      })
    })
  }, 60_000)

  test('is not waved through as too little evidence', async () => {
    const scenario = quickScenario({}, 'errors')
    await withBench({ scenario, seed: 3 }, async (bench) => {
      const flags = { ...quickFlags, 'step-timeout': '90s', 'on-inconclusive': 'promote' }
      const { code, outcome } = await bench.run('rollout', flags, { onLine: diesAt(bench.sandbox, 20) })
      expect({ code, ...outcome }).toMatchObject({
        code: 4,
        result: 'rolled-back',
        reasonCode: 'metrics-outage',
      })
      expect(releaseIn(bench.sandbox)?.weight).toBe(0)
    })
  }, 60_000)
})
