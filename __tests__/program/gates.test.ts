import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { healthyVersion, type VersionModel } from '../../src/simulation/traffic-model.ts'
import { type Bench, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { violations } from '../support/traffic-laws.ts'

/** A version that fails hardly ever and takes `medianMs`. */
const taking = (medianMs: number): VersionModel => ({
  errors: { kind: 'constant', share: 0.002 },
  latency: { medianMs, spread: 0.5 },
})

const { traffic } = quickScenario()
const withVersions = (versions: Record<string, VersionModel>, more: object = {}) =>
  quickScenario({ traffic: { ...traffic, timeoutMs: null, versions, ...more } })

/** release runs a rollout with gates; what must never happen is held to wherever it ended. */
async function release(bench: Bench, gates: readonly object[], flags: Record<string, string> = {}) {
  const config = join(bench.dir, 'shiftgate.yml')
  writeFileSync(config, JSON.stringify({ gates }))
  const ran = await bench.run('rollout', { ...quickFlags, config, ...flags })
  const ended = ['promoted', 'rolled-back'].includes(ran.outcome.result)
  if (ended) expect(violations(bench.sandbox, bench.record())).toEqual([])
  return ran
}

type EventOf<Type extends RecordEvent['type']> = Extract<RecordEvent, { type: Type }>

function eventsOf<Type extends RecordEvent['type']>(bench: Bench, type: Type): EventOf<Type>[] {
  return bench.record().filter((event): event is EventOf<Type> => event.type === type)
}

const lastAnswer = (bench: Bench, gate: string, route: string | null = null) =>
  eventsOf(bench, 'gate').findLast((event) => event.gate === gate && event.route === route)

describe('gates, as the built program', () => {
  test('a slow canary is caught by its latency while errors are equal, and the report names the gate', async () => {
    await withBench(
      { scenario: withVersions({ v1: taking(20), v2: taking(300) }), seed: 3 },
      async (bench) => {
        const gates = [{ name: 'slow', type: 'latency', over: '240ms' }]
        const { outcome } = await release(bench, gates)
        expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back', reasonCode: 'worse-than-stable' })
        expect(outcome.message).toContain('slow')
        expect(outcome.message).toContain('took over 250 ms')
        expect(lastAnswer(bench, 'errors')?.verdict.verdict).not.toBe('fail')
        expect(lastAnswer(bench, 'slow')).toMatchObject({
          kind: 'latency',
          bad: 'took over 250 ms',
          verdict: { verdict: 'fail' },
          quantiles: { canary: [expect.any(Number), expect.any(Number), expect.any(Number)] },
        })
        expect(lastAnswer(bench, 'slow')?.quantiles?.canary?.[0]).toBeGreaterThan(200)
        expect(
          eventsOf(bench, 'finding')
            .map(({ finding }) => finding.text)
            .join(),
        ).toContain('judged at 250 ms')
        for (const report of ['report.md', 'report.html']) expect(bench.report(report)).toContain('slow')
        expect(bench.report('report.md').split('\n')[0]).toMatch(
          /rolled back at 20%: gate slow: .* took over 250 ms/,
        )
      },
    )
  }, 60_000)

  const strange = { ...taking(20), goodCodes: [{ code: '404', weight: 1 }] }
  // Its p50 and p95 are stable's.
  const longTail = {
    ...taking(20),
    latency: { ...taking(20).latency, slow: { share: 0.04, medianMs: 900, spread: 0.3 } },
  }

  test.each([
    {
      name: 'answers 404 where stable answers 200',
      canary: strange,
      reported: /Gate profile, (404|fewer 200): canary/,
      shown: /\| 404 \| [\d.]+% \([\d,]+\) \| – \|/,
      table: 'Answers since the release began',
      next: 'Look at why the canary answers otherwise, fix it',
    },
    {
      name: 'takes as long as stable at p50 and p95, and ten times as long at p99',
      canary: longTail,
      reported: /Gate latency-profile, over 100 ms: canary .* took over 100 ms/,
      shown: /\| p99 \| (9|1\d|2\d)\d0 ms \| \d\d ms \|/,
      table: 'pods is slower than stable by itself: it is the version, not one pod or node.',
      next: "Look at why the canary's requests take longer, fix it",
    },
  ])(
    'a canary that $name is rolled back under profile: enforce',
    async ({ canary, reported, shown, table, next }) => {
      await withBench({ scenario: withVersions({ v1: taking(20), v2: canary }), seed: 3 }, async (bench) => {
        const { outcome } = await release(bench, [], { profile: 'enforce' })
        expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back', reasonCode: 'worse-than-stable' })
        expect(outcome.message).toMatch(reported)
        expect(lastAnswer(bench, 'errors')?.verdict.verdict).not.toBe('fail')
        expect(bench.report('report.md')).toMatch(shown)
        expect(bench.report('report.html')).toContain(table)
        expect(bench.report('report.md')).toContain(`**Next.** ${next}`)
      })
    },
    60_000,
  )

  test('a canary that is slow and answers 404 passes where both are only observed, and not without a word', async () => {
    const slow = { ...strange, latency: { medianMs: 300, spread: 0.5 } }
    await withBench({ scenario: withVersions({ v1: taking(20), v2: slow }), seed: 3 }, async (bench) => {
      const gates = [{ name: 'slow', type: 'latency', over: '250ms', mode: 'observe' }]
      const { outcome, stdout } = await release(bench, gates, { profile: 'observe' })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(lastAnswer(bench, 'slow')).toMatchObject({ mode: 'observe', verdict: { verdict: 'fail' } })
      expect(bench.report('report.md')).toContain('slow')
      const { warnings } = outcome as unknown as { warnings: { code: string; text: string }[] }
      for (const [code, words] of [
        ['profile', /The answers differ: .*404/],
        ['latency', /The canary is slower: .* took over \d+ ms/],
      ] as const) {
        expect(warnings).toContainEqual({ code, text: expect.stringMatching(words) })
        for (const reported of [stdout, bench.report('report.md')]) expect(reported).toMatch(words)
      }
    })
  }, 60_000)

  const broken = {
    ...healthyVersion(0.6),
  }
  const operations = [
    { name: 'ListItems', share: 0.6 },
    { name: 'GetItem', share: 0.37 },
    { name: 'PutCart', share: 0.03, versions: { v2: broken } },
  ]

  test('one broken endpoint with 3% of the traffic is found by its route, and named', async () => {
    const scenario = withVersions({ v1: healthyVersion(0.01), v2: healthyVersion(0.01) }, { operations })
    await withBench({ scenario, seed: 5 }, async (bench) => {
      const gates = [{ type: 'errors', routes: { label: 'request_operation', top: 3 } }]
      const { outcome } = await release(bench, gates)
      expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back', reasonCode: 'worse-than-stable' })
      expect(outcome.message).toContain('PutCart')
      expect(lastAnswer(bench, 'errors', 'PutCart')).toMatchObject({ verdict: { verdict: 'fail' } })
      expect(lastAnswer(bench, 'errors', 'GetItem')?.verdict.verdict).not.toBe('fail')
      expect(bench.report('report.md').split('\n')[0]).toContain('gate errors, PutCart')
      // Telemetry names the route: the commonest failures of the canary are its.
      const [failed] = eventsOf(bench, 'failed-requests')
      expect(failed?.kinds.canary[0]).toMatchObject({ code: '500', route: 'PutCart' })
      expect(failed?.kinds.canary.length).toBeLessThanOrEqual(5)
      expect(failed?.pods.canary[0]).toMatchObject({ pod: expect.stringMatching(/^my-api-v2-/) })
      expect(bench.report('report.md')).toMatch(/\| canary \| 500 \| PutCart \|/)
    })
  }, 60_000)

  test('one bad pod of the canary is told from a bad version, and a slow node from a slow canary', async () => {
    const failing = { ...taking(20), errors: { kind: 'constant' as const, share: 0.5 } }
    const episodes = [
      { from: 75, until: 9999, version: 'v2', node: 'node-2', model: failing },
      { from: 55, until: 105, node: 'node-1', model: taking(400) },
    ]
    const scenario = withVersions({ v1: taking(20), v2: taking(20) }, { episodes })
    await withBench({ scenario, seed: 3 }, async (bench) => {
      const { outcome, stdout } = await release(bench, [], { 'min-step-duration': '3m', profile: 'observe' })
      expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back', reasonCode: 'worse-than-stable' })
      const [failed] = eventsOf(bench, 'failed-requests')
      expect(failed?.spread).toMatchObject({ kind: 'pod', name: failed?.pods.canary[0]?.pod })
      expect(failed?.pods.canary[0]).toMatchObject({ node: 'node-2' })
      const [pod, ...others] = failed?.pods.canary ?? []
      expect(others.filter(({ bad }) => bad >= (pod?.bad ?? 0) / 10)).toEqual([])
      const spike = eventsOf(bench, 'latency-spike').at(-1)
      expect(spike).toMatchObject({ whose: 'both', bound: 100, spread: { kind: 'node', name: 'node-1' } })
      expect(spike?.from).toBeGreaterThanOrEqual(45)
      expect(spike?.from).toBeLessThanOrEqual(60)
      expect(stdout).toMatch(/The failures lie on pod my-api-v2-\S+: \d+% of the canary's/)
      for (const words of [
        /The failures lie on pod my-api-v2-\S+: \d+% of the canary's/,
        /Latency rose at 09:0[01]:\d\d UTC, .* Both versions were hit/,
        /The slow requests lie on node node-1: .* It is the node, and not the version/,
      ]) {
        expect(bench.report('report.md')).toMatch(words)
      }
      expect(bench.report('report.md')).toMatch(/\*\*Next\.\*\* Look at pod my-api-v2-\S+ first/)
    })
  }, 60_000)

  const everBad = { v1: healthyVersion(0.002), v2: healthyVersion(0.05) }

  test('while the nodes are robbed of CPU a canary that fails is not blamed', async () => {
    const strains = [{ from: 0, until: 9999, steal: 0.4 }]
    const scenario = { ...withVersions(everBad), strains }
    await withBench({ scenario, seed: 5 }, async (bench) => {
      const { outcome } = await release(bench, [])
      expect(outcome).toMatchObject({ exitCode: 4, result: 'rolled-back', reasonCode: 'infrastructure' })
      expect(outcome.message).toContain('stolen')
      expect(eventsOf(bench, 'infrastructure').length).toBeGreaterThan(2)
      const verdicts = eventsOf(bench, 'verdict').map(({ verdict }) => `${verdict.verdict} ${verdict.reason}`)
      expect(verdicts).toContain('hold infrastructure')
      expect(verdicts).not.toContain('fail worse-than-stable')
    })
  }, 60_000)

  test.each([
    ['the sidecar of the canary excuses it', 'v2', 'istio-proxy', 'infrastructure'],
    ['its own container does not', 'v2', 'my-api', 'worse-than-stable'],
    ['the sidecar of stable does not', 'v1', 'istio-proxy', 'worse-than-stable'],
  ])(
    'throttling: %s',
    async (_, version, container, reasonCode) => {
      const strains = [{ from: 0, until: 9999, throttled: { version, container, share: 0.5 } }]
      await withBench({ scenario: { ...withVersions(everBad), strains }, seed: 5 }, async (bench) => {
        const { outcome } = await release(bench, [])
        expect(outcome.reasonCode).toBe(reasonCode)
      })
    },
    60_000,
  )

  test('a catastrophe is never the nodes’ fault', async () => {
    const strains = [{ from: 0, until: 9999, steal: 0.4 }]
    const scenario = { ...withVersions({ v1: healthyVersion(0.002), v2: healthyVersion(0.9) }), strains }
    await withBench({ scenario, seed: 5 }, async (bench) => {
      const { outcome } = await release(bench, [])
      expect(outcome).toMatchObject({ exitCode: 1, reasonCode: 'worse-than-stable' })
    })
  }, 60_000)

  const errorRate = 'sum(rate(istio_requests_total{reporter="source",response_code="500",{{canary}}}[1m]))'
  const healthy = () => withVersions({ v1: healthyVersion(0.01), v2: healthyVersion(0.01) })

  const query = (name: string, asked: string, more: object) => ({
    name,
    type: 'query',
    query: asked,
    agree: 2,
    ...more,
  })

  test.each([
    {
      name: 'values inside the limits pass, and a selector of the side is filled in',
      gates: [query('inside', 'sum(up)', { min: 1 }), query('side', errorRate, { max: 100 })],
      ends: { result: 'promoted', reasonCode: 'all-steps-passed' },
      outcomes: { inside: 'value', side: 'value' },
    },
    {
      name: 'a value outside of them fails',
      gates: [query('outside', 'sum(up)', { max: 0 })],
      ends: { result: 'rolled-back', reasonCode: 'outside-limits' },
      outcomes: { outside: 'value' },
    },
    {
      name: 'no data is neither, and several series are bad data',
      gates: [
        query('absent', 'absent_thing', { max: 1 }),
        query('several', 'up', { max: 1, mode: 'observe' }),
      ],
      ends: { result: 'rolled-back', reasonCode: 'no-data' },
      outcomes: { absent: 'no-data', several: 'bad-data' },
    },
  ])(
    'query gates: $name',
    async ({ gates, ends, outcomes }) => {
      await withBench({ scenario: healthy(), seed: 5 }, async (bench) => {
        const { outcome } = await release(bench, gates)
        expect(outcome).toMatchObject(ends)
        const last = eventsOf(bench, 'reading').map((reading) => [reading.gate, reading.outcome])
        expect(Object.fromEntries(last)).toEqual(outcomes)
      })
    },
    60_000,
  )

  test('a query that Prometheus refuses is told before anything is written', async () => {
    await withBench({ scenario: healthy(), seed: 5 }, async (bench) => {
      const { outcome } = await release(bench, [{ name: 'odd', type: 'query', query: 'sum(', max: 1 }])
      expect(outcome).toMatchObject({ exitCode: 2, result: 'refused' })
      expect(outcome.message).toContain('Gate odd')
      expect(eventsOf(bench, 'write')).toEqual([])
    })
  }, 60_000)

  test('an outage of Prometheus is an outage to every gate, and no verdict on the canary', async () => {
    const faults = [{ at: 40, what: 'prometheus-down' as const }]
    await withBench({ scenario: { ...healthy(), faults }, seed: 5 }, async (bench) => {
      const gates = [{ name: 'asked', type: 'query', query: 'sum(up)', min: 1, agree: 1 }]
      const { outcome } = await release(bench, gates)
      expect(outcome).toMatchObject({ exitCode: 4, result: 'rolled-back', reasonCode: 'metrics-outage' })
      expect(eventsOf(bench, 'reading').some(({ outcome: seen }) => seen === 'metrics-outage')).toBe(true)
    })
  }, 60_000)

  test('a ratio counts the user’s own counters of both sides', async () => {
    const v2: VersionModel = {
      ...healthyVersion(0),
      goodCodes: [
        { code: '200', weight: 8 },
        { code: '409', weight: 2 },
      ],
    }
    await withBench({ scenario: withVersions({ v1: healthyVersion(0), v2 }), seed: 5 }, async (bench) => {
      const counter = 'istio_requests_total{reporter="source"'
      const bad = `${counter},response_code="409",{{canary}}}`
      const gates = [{ name: 'conflicts', type: 'ratio', bad, total: `${counter},{{canary}}}` }]
      const { outcome } = await release(bench, gates)
      expect(outcome).toMatchObject({ exitCode: 1, reasonCode: 'worse-than-stable' })
      expect(outcome.message).toContain('conflicts')
      const [polls, errors] = [true, false].map((own) =>
        eventsOf(bench, 'poll').findLast(({ gate }) => (gate === 'conflicts') === own),
      )
      expect(polls?.canary?.total).toBe(errors?.canary?.total)
      expect(polls?.stable?.total).toBe(errors?.stable?.total)
      expect((polls?.canary?.bad ?? 0) / (polls?.canary?.total ?? 1)).toBeCloseTo(0.2, 1)
    })
  }, 60_000)

  /** up asks an address that answers so, the last answer for ever; nobody listens at the other. */
  async function probed(
    answers: readonly number[],
    act: (bench: Bench, asked: () => number) => Promise<void>,
  ) {
    let asked = 0
    const server = createServer((_request, response) => {
      response.statusCode = answers[Math.min(asked, answers.length - 1)] as number
      asked += 1
      response.end('nothing that anybody reads')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`
    try {
      await withBench({ scenario: healthy(), seed: 5 }, async (bench) => {
        const gates = [
          { name: 'up', type: 'http', url, agree: 2 },
          { name: 'gone', type: 'http', url: 'http://127.0.0.1:9/', mode: 'observe' },
        ]
        await release(bench, gates)
        await act(bench, () => asked)
      })
    } finally {
      server.close()
    }
  }

  test.each([
    ['answers as it should, but for once in between', [200, 503, 200], 'all-steps-passed'],
    ['answers otherwise', [503], 'outside-limits'],
  ])(
    'an address that %s',
    async (_, answers, reasonCode) => {
      await probed(answers, async (bench, asked) => {
        const [end] = eventsOf(bench, 'outcome')
        expect(end?.outcome.reasonCode).toBe(reasonCode)
        const readings = eventsOf(bench, 'reading')
        expect(readings.filter(({ gate }) => gate === 'up')).toHaveLength(asked())
        expect(readings.find(({ gate }) => gate === 'gone')?.text).toContain("can't be reached")
      })
    },
    60_000,
  )

  test('a process that goes on with the release judges by the same gates, and refuses others', async () => {
    const scenario = withVersions({ v1: taking(20), v2: taking(120) })
    await withBench({ scenario, seed: 3 }, async (bench) => {
      const gates = [
        { name: 'slow', type: 'latency', over: '250ms' },
        { name: 'load', type: 'query', query: 'sum(up)', min: 1, agree: 2 },
      ]
      const flags = { mode: 'step', 'step-timeout': '10m' }
      const first = await release(bench, gates, flags)
      expect(first.outcome).toMatchObject({ result: 'in-progress', weight: 20 })
      await bench.sandbox.clock.advance(90_000)
      const others = await release(bench, gates.slice(0, 1), flags)
      expect(others.outcome).toMatchObject({ exitCode: 3, reasonCode: 'release-in-flight' })
      const { outcome } = await release(bench, gates, flags)
      expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back', reasonCode: 'worse-than-stable' })
      expect(outcome.message).toContain('Gate slow: ')
      // nobody watched for a minute and a half: the polls of that time were asked again
      const times = eventsOf(bench, 'poll').flatMap(({ gate, t }) => (gate === 'slow' ? [t] : []))
      expect(times.length).toBeGreaterThan(4)
      expect(new Set(times.slice(1).map((t, index) => t - (times[index] ?? 0)))).toEqual(new Set([15]))
    })
  }, 60_000)
})
