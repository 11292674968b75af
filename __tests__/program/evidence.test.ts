import { describe, expect, test } from '@jest/globals'
import type { MetricsCondition } from '../../src/sandbox/prometheus/conditions.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWrites } from '../support/wire.ts'

interface Row {
  metrics: MetricsCondition
  scenario?: 'good' | 'errors'
  flags?: Record<string, string>
  code: number
  result: string
  reasonCode: string
  /** Words of the outcome. */
  says: RegExp
}

/** What each condition of Prometheus must end in. A refusal comes before anything was written. */
const rows: Row[] = [
  {
    metrics: 'ha-pair',
    code: 3,
    result: 'refused',
    reasonCode: 'preflight',
    says: /prometheus_replica.*counted several times.*prometheus-match/,
  },
  {
    metrics: 'ha-pair',
    flags: { 'prometheus-match': 'prometheus_replica="a"' },
    code: 0,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    says: /not worse/,
  },
  {
    metrics: 'two-clusters',
    code: 3,
    result: 'refused',
    reasonCode: 'preflight',
    says: /cluster with 2 values.*prometheus-match: 'cluster="west"'/,
  },
  {
    metrics: 'two-clusters',
    flags: { 'prometheus-match': 'cluster="west"' },
    code: 0,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    says: /not worse/,
  },
  {
    metrics: 'balanced-pair',
    code: 3,
    result: 'refused',
    reasonCode: 'preflight',
    says: /same question about the past gets different answers.*one replica/,
  },
  {
    metrics: 'late',
    code: 3,
    result: 'refused',
    reasonCode: 'preflight',
    says: /newest sample of .* is 1m5\ds old.*metrics-lag to at least 2m\d?s?, or auto/,
  },
  {
    metrics: 'late',
    flags: { 'metrics-lag': 'auto' },
    code: 0,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    says: /not worse/,
  },
  {
    metrics: 'recorded',
    code: 3,
    result: 'refused',
    reasonCode: 'preflight',
    says: /neither instance nor pod.*recording rules/,
  },
  {
    metrics: 'unlabelled',
    code: 3,
    result: 'refused',
    reasonCode: 'preflight',
    says: /without the label destination_service/,
  },
  {
    metrics: 'sparse',
    flags: { 'step-timeout': '8m', 'final-duration': '3m' },
    code: 0,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    says: /not worse/,
  },
  {
    metrics: 'spike',
    code: 0,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    says: /Canary \d+ of \d{1,2},\d{3} requests failed/,
  },
  {
    metrics: 'partial',
    scenario: 'errors',
    flags: { steps: '5,100', 'min-step-duration': '3m', 'step-timeout': '4m' },
    code: 4,
    result: 'rolled-back',
    reasonCode: 'metrics-partial',
    says: /shows \d of 6 ready pods: nothing new of my-api-v/,
  },
]

/** The canary's share of the requests of the first step, at 20%. */
function shareOf(outcome: object): number | null {
  const { steps } = outcome as { steps?: { observed: number | null }[] }
  return steps?.[0]?.observed ?? null
}

describe('evidence is about this canary, whole and counted once', () => {
  test.each(rows)(
    '$metrics, $flags: $code, $result, $reasonCode',
    async (row) => {
      const { metrics, scenario, flags, code, result, reasonCode, says } = row
      const quick = quickScenario({}, scenario)
      // few requests, so that nothing is proved before the store vanishes
      const rate = { kind: 'constant', perSecond: 8 } as const
      const slow = metrics === 'partial' ? { ...quick, traffic: { ...quick.traffic, rate } } : quick
      await withBench({ scenario: slow, seed: 3, metrics }, async (bench) => {
        const ran = await bench.run('rollout', { ...quickFlags, ...flags })
        expect({ code: ran.code, ...ran.outcome }).toMatchObject({ code, result, reasonCode })
        expect(ran.outcome.message).toMatch(says)
        if (result === 'refused') expect(routeWrites(bench.sandbox)).toEqual([])
        if (result === 'promoted') expect(shareOf(ran.outcome)).toBeCloseTo(0.2, 1)
        if (reasonCode === 'metrics-partial') expect(bench.report('report.md')).toMatch(says)
      })
    },
    60_000,
  )
})
