import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { askGate, prepareGates } from '../../src/gates/evidence.ts'
import type { GridQuery } from '../../src/gates/gate-source.ts'
import { createGateHistory, createGateSource } from '../../src/gates/measurement.ts'
import { type Metrics, openMetrics } from '../../src/metrics/metrics.ts'
import type { GateAnswer, GateEvidence } from '../../src/release/evidence/gate-evidence.ts'
import type { GateSpec } from '../../src/release/gates.ts'
import type { GateBaseline } from '../../src/release/state/state.ts'
import { type RealPrometheus, startPrometheus } from '../support/prometheus.ts'
import { remoteWrite, type WrittenSeries } from '../support/remote-write.ts'
import { shortSleep } from '../support/short-sleep.ts'

const host = 'my-api.shop.svc.cluster.local'
const signal = new AbortController().signal
const interval = 15_000
/** On the scrape grid, ten minutes ago: the receiver takes what is not much older than its newest. */
const end = Math.floor((Date.now() - 600_000) / interval) * interval
const start = end - 40 * interval
const times = Array.from({ length: 41 }, (_, index) => start + index * interval)

/** counter grows by `step` a scrape, from `from`. */
function counter(labels: Record<string, string>, step: number, from = 0): WrittenSeries {
  return { labels, times, values: times.map((_, index) => from + index * step) }
}

/** Requests of one version: 100 a scrape of which `slow` take longer than 500 ms, `lost` fail, 10 are carts. */
function version(name: string, slow: number, lost: number): WrittenSeries[] {
  const base = {
    reporter: 'destination',
    destination_service: host,
    destination_workload: `my-api-${name}`,
    request_protocol: 'http',
    response_flags: '-',
    instance: `10.0.1.${name.slice(1)}:15020`,
    pod: `my-api-${name}-6c9d5b7f4-abcde`,
    namespace: 'shop',
  }
  const total = { ...base, __name__: 'istio_requests_total' }
  const bucket = { ...base, response_code: '200', __name__: 'istio_request_duration_milliseconds_bucket' }
  return [
    counter({ ...total, request_operation: 'List', response_code: '200' }, 90),
    counter({ ...total, request_operation: 'Cart', response_code: '200' }, 10 - lost),
    counter({ ...total, request_operation: 'Cart', response_code: '500' }, lost),
    counter({ ...bucket, le: '250' }, 80),
    counter({ ...bucket, le: '500.0' }, 100 - slow),
    counter({ ...bucket, le: '+Inf' }, 100),
    counter({ __name__: 'payments_total', pod: base.pod, result: 'ok' }, 8),
    counter({ __name__: 'payments_total', pod: base.pod, result: 'declined' }, lost),
    counter(
      {
        __name__: 'container_cpu_cfs_periods_total',
        namespace: 'shop',
        pod: base.pod,
        container: 'istio-proxy',
      },
      150,
    ),
    counter(
      {
        __name__: 'container_cpu_cfs_throttled_periods_total',
        namespace: 'shop',
        pod: base.pod,
        container: 'istio-proxy',
      },
      name === 'v2' ? 60 : 0,
    ),
  ]
}

function node(name: string, address: string, stolen: number): WrittenSeries[] {
  const cpu = { __name__: 'node_cpu_seconds_total', instance: `${address}:9100`, cpu: '0' }
  return [
    counter({ ...cpu, mode: 'steal' }, 15 * stolen),
    counter({ ...cpu, mode: 'idle' }, 15 * (1 - stolen)),
    counter({ __name__: 'node_uname_info', instance: `${address}:9100`, nodename: name }, 0, 1),
  ]
}

const source = {
  reporter: 'destination',
  label: 'destination_workload',
  canary: 'my-api-v2',
  stable: 'my-api-v1',
} as const
const versions = {
  canary: { version: 'v2', workload: 'my-api-v2', nodes: [{ name: 'node-2', ip: null }] },
  stable: { version: 'v1', workload: 'my-api-v1', nodes: [{ name: 'node-1', ip: '10.0.0.1' }] },
}
const declined = 'payments_total{result="declined",pod=~"{{canary.pods}}"}'
const query = (name: string, text: string): GateSpec => ({
  name,
  type: 'query',
  mode: 'enforce',
  query: text,
  min: 0,
  max: null,
  unit: '',
  agree: 1,
})
const gates: GateSpec[] = [
  { name: 'errors', type: 'errors', mode: 'enforce', routes: { label: 'request_operation', top: 5 } },
  { name: 'slow', type: 'latency', mode: 'enforce', over: 600 },
  {
    name: 'pay',
    type: 'ratio',
    mode: 'enforce',
    bad: declined,
    total: 'payments_total{pod=~"{{canary.pods}}"}',
  },
  query(
    'share',
    'sum(rate(istio_requests_total{ {{canary}},response_code="500"}[1m])) / sum(rate(istio_requests_total{ {{canary}} }[1m]))',
  ),
  query('absent', 'nothing_of_that_name'),
  query('many', 'istio_requests_total'),
  query('broken', 'sum('),
]

let prometheus: RealPrometheus
let metrics: Metrics
let evidence: GateEvidence

beforeAll(async () => {
  prometheus = await startPrometheus({ receiver: true })
  await remoteWrite(prometheus.url, [
    counter({ __name__: 'up', instance: 'x', job: 'pods' }, 0, 1),
    ...version('v1', 5, 1),
    ...version('v2', 20, 4),
    ...node('node-1', '10.0.0.1', 0.02),
    ...node('node-2', '10.0.0.2', 0.3),
  ])
  metrics = openMetrics(
    { url: prometheus.url, bearerToken: null, basic: null, headers: {}, ca: null },
    { random: () => 0.5, sleep: shortSleep, userAgent: 'test' },
  )
  const baseline = {
    bounds: { slow: 500 },
    calibrations: {},
    routes: ['List', 'Cart'].map((route) => ({ route, share: 0.5, calibration: null })),
  }
  const grid = { start: start + 20 * interval, until: end, interval, podBirths: {} }
  const [answers, infrastructure] = await Promise.all([
    askAll(metrics, grid, baseline),
    metrics.infrastructure({ namespace: 'shop', ...grid, versions }, signal),
  ])
  evidence = { answers, infrastructure }
}, 60_000)

/** askAll asks every gate once, as a poll of a release does. */
async function askAll(
  metrics: Metrics,
  grid: Pick<GridQuery, 'start' | 'until' | 'interval' | 'podBirths'>,
  baseline: GateBaseline,
): Promise<GateAnswer[]> {
  const target = { host, namespace: 'shop', service: 'my-api', source, versions, ...grid }
  const noProbe = async () => ({ status: null, text: '' })
  const asking = {
    source: createGateSource(metrics, noProbe, target, signal),
    baseline,
    t: 0,
    shifted: true,
    before: [],
  }
  return (await Promise.all(gates.map((gate) => askGate(gate, asking, signal)))).flat()
}

afterAll(() => prometheus?.stop())

function answerOf(gate: string, route: string | null = null): GateAnswer | undefined {
  return evidence.answers.find((answer) => answer.gate === gate && answer.route === route)
}

function lastPoint(gate: string, route: string | null = null) {
  const answer = answerOf(gate, route)
  return answer?.kind === 'counts' ? answer.series.points.at(-1) : undefined
}

describe('gates of a real Prometheus', () => {
  test('slow requests are counted at their bound, however it is written, and percentiles are told', () => {
    expect(lastPoint('slow')).toMatchObject({
      canary: { total: 2000, bad: 400 },
      stable: { total: 2000, bad: 100 },
    })
    const answer = answerOf('slow')
    const [p50] = (answer?.kind === 'counts' && answer.quantiles?.canary) || [0]
    expect(p50).toBeCloseTo(156, 0)
  })

  test('routes are counted apart', () => {
    expect(lastPoint('errors', 'Cart')).toMatchObject({
      canary: { total: 200, bad: 80 },
      stable: { total: 200, bad: 20 },
    })
    expect(lastPoint('errors', 'List')).toMatchObject({ canary: { total: 1800, bad: 0 } })
  })

  test('a ratio of own counters is counted for both sides', () => {
    expect(lastPoint('pay')).toMatchObject({
      canary: { total: 240, bad: 80 },
      stable: { total: 180, bad: 20 },
    })
  })

  test('a query has four outcomes', async () => {
    const outcomes = ['share', 'absent', 'many'].map((gate) => {
      const answer = answerOf(gate)
      return answer?.kind === 'readings' ? answer.readings.at(-1)?.outcome : answer?.kind
    })
    expect(outcomes).toEqual(['value', 'no-data', 'bad-data'])
    const share = answerOf('share')
    expect(share?.kind === 'readings' && share.readings.at(-1)?.value).toBeCloseTo(0.04, 6)
    expect(answerOf('broken')).toMatchObject({ kind: 'unavailable', outcome: 'bad-data' })
  })

  test('stolen time and throttled sidecars are those of each side', () => {
    const last = evidence.infrastructure.at(-1)
    expect(last?.canary.steal).toBeCloseTo(0.3, 6)
    expect(last?.stable.steal).toBeCloseTo(0.02, 6)
    expect(last?.canary.throttled).toBeCloseTo(0.4, 6)
    expect(last?.stable.throttled).toBe(0)
  })

  test('before a release bounds, routes and what stable showed are fixed', async () => {
    const asked = {
      host,
      namespace: 'shop',
      service: 'my-api',
      source,
      versions,
      from: start,
      until: end,
      interval,
    }
    const sound = gates.filter(({ name }) => name !== 'broken')
    const history = createGateHistory(metrics, asked, signal)
    const { baseline, notes } = await prepareGates(sound, history)
    expect(baseline.bounds).toEqual({ slow: 500 })
    expect(baseline.calibrations).toMatchObject({ slow: { n: 4000, b: 200 }, pay: { n: 360, b: 40 } })
    expect(baseline.routes.map(({ route, share }) => [route, share])).toEqual([
      ['List', 0.9],
      ['Cart', 0.1],
    ])
    expect(notes.map(({ gate, wrong }) => [gate, wrong])).toEqual([
      ['slow', false],
      ['many', false],
    ])
    await expect(prepareGates(gates, history)).rejects.toMatchObject({
      code: 'invalid-config',
      message: expect.stringContaining('Gate broken'),
    })
  })

  test('a Prometheus that is away is an outage to each gate, never bad data', async () => {
    const away = openMetrics(
      { url: 'http://127.0.0.1:9', bearerToken: null, basic: null, headers: {}, ca: null },
      { random: () => 0.5, sleep: shortSleep, userAgent: 'test', deadline: 1 },
    )
    const baseline = {
      bounds: {},
      calibrations: {},
      routes: [{ route: 'List', share: 1, calibration: null }],
    }
    const grid = { start, until: end, interval, podBirths: {} }
    const answers = await askAll(away, grid, baseline)
    expect(answers.map((answer) => answer.kind === 'unavailable' && answer.outcome)).toEqual(
      gates.map(() => 'metrics-outage'),
    )
  })
})
