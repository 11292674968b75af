import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { nativeQueries } from '../../src/metrics/operations/latency/native-latency.ts'
import type { PreflightInput } from '../../src/preflight/check.ts'
import { identity } from '../../src/preflight/metrics/identity.ts'
import { numbers } from '../../src/preflight/metrics/numbers.ts'
import { targets } from '../../src/preflight/metrics/targets.ts'
import { type RealPrometheus, startPrometheus } from '../support/prometheus.ts'
import { shortSleep } from '../support/short-sleep.ts'
import { never, plain } from './prometheus-stub.ts'

jest.setTimeout(60_000)

/**
 * Real Prometheus servers, joined as people join them: two replicas scrape the same pods, and a third takes from them
 * what a label `setup` tells apart, by federation and by rules.
 */
const host = 'my-api.shop.svc.cluster.local'
const counts = { 'my-api-v1-5d5b8c-aaaaa': 1000, 'my-api-v2-77fc9d-bbbbb': 40 }
type PodName = keyof typeof counts
const podNames = Object.keys(counts) as PodName[]
const servers: Server[] = []
const running: RealPrometheus[] = []
let below: RealPrometheus
let started: number

function page(pod: PodName): string {
  const labels = `reporter="destination",destination_service="${host}",destination_workload="${pod.slice(0, 9)}",response_code="200",response_flags="-",request_protocol="http",source_workload="web"`
  return `# TYPE istio_requests_total counter\nistio_requests_total{${labels}} ${counts[pod]}\n# TYPE istio_build gauge\nistio_build{component="proxy"} 1\n`
}

async function serve(pod: PodName): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(page(pod))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const federated = (
  setup: string,
  from: RealPrometheus,
  more: object,
  labels: Record<string, string> = {},
) => ({
  job_name: `${setup} ${JSON.stringify(labels)}`,
  metrics_path: '/federate',
  params: { 'match[]': ['istio_requests_total', 'istio_build'] },
  static_configs: [{ targets: [new URL(from.url).host], labels: { setup, ...labels } }],
  ...more,
})

const sumsOf = (setup: string, expr: string) => ({ record: 'istio_requests_total', expr, labels: { setup } })

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const metricsOf = (setup: string, more: { label: string; op: '='; value: string }[] = []) =>
  openMetrics(
    { ...plain, url: below.url, match: [{ label: 'setup', op: '=', value: setup }, ...more] },
    { random: () => 0.5, sleep: shortSleep, userAgent: 'test' },
  )

beforeAll(async () => {
  const addresses = await Promise.all(podNames.map(serve))
  const scrapeTargets = addresses.map((address, index) => ({
    address,
    labels: { pod: podNames[index] as string, namespace: 'shop' },
  }))
  const replicas = await Promise.all([startPrometheus({ scrapeTargets }), startPrometheus({ scrapeTargets })])
  running.push(...replicas)
  const [a, b] = replicas as [RealPrometheus, RealPrometheus]
  const honor = { honor_labels: true }
  below = await startPrometheus({
    jobs: [
      federated('honored', a, honor),
      federated('static', a, {}),
      federated('discovered', a, {}, { pod: 'prometheus-0' }),
      federated('ha-pair', a, honor, { prometheus_replica: 'a' }),
      federated('ha-pair', b, honor, { prometheus_replica: 'b' }),
    ],
    rules: [
      sumsOf('recorded', 'sum without (instance, pod, job, setup) (istio_requests_total{setup="honored"})'),
      sumsOf('beside', 'sum without (instance, setup) (istio_requests_total{setup="honored"})'),
      sumsOf('beside', 'sum without (setup) (istio_requests_total{setup="honored"})'),
      {
        record: 'workload:istio_requests_total:sum',
        expr: 'sum without (instance, pod, job, setup) (istio_requests_total{setup="honored"})',
        labels: { setup: 'renamed' },
      },
    ],
  })
  running.push(below)
  const wanted = { honored: 2, static: 2, discovered: 2, 'ha-pair': 4, recorded: 2, beside: 4, renamed: 2 }
  await until('all set-ups have their series', async () => {
    const query = 'count by (setup) ({__name__=~".*istio_requests_total.*"})'
    const all = openMetrics(
      { ...plain, url: below.url },
      { random: () => 0.5, sleep: shortSleep, userAgent: 'test' },
    )
    const { series } = await all.instant(query, Date.now(), never)
    const seen = new Map(series.map(({ labels, samples }) => [labels.setup ?? '', samples[0]?.[1]]))
    return Object.entries(wanted).every(([setup, count]) => seen.get(setup) === count)
  })
  started = Math.ceil(Date.now() / 1000) * 1000
  await until('a scrape of the base', async () => Date.now() > started + 1500)
})

afterAll(async () => {
  await Promise.all(running.map((each) => each.stop()))
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

/** What the checks find in a set-up. */
async function findings(setup: string, more: { label: string; op: '='; value: string }[] = []) {
  const until = Date.now()
  const facts = await metricsOf(setup, more).facts(
    {
      host,
      namespace: 'shop',
      service: 'my-api',
      workloads: { canary: 'my-api-v2', stable: 'my-api-v1' },
      readyPods: podNames,
      knownPods: podNames,
      from: until - 60_000,
      until,
    },
    never,
  )
  const input = { metrics: facts, stable: { version: 'v1' } } as unknown as PreflightInput
  return [numbers, identity, targets].flatMap((check) =>
    check.find(input).map(({ level, text, remedy }) => `${check.id} ${level}: ${text} ${remedy}`),
  )
}

describe('set-ups of a real Prometheus', () => {
  test('it knows the questions about native histograms', async () => {
    const of = {
      host,
      source: { reporter: 'destination', label: 'destination_workload', canary: 'a', stable: 'b' },
    } as const
    for (const query of Object.values(nativeQueries(of, 300)))
      expect(await metricsOf('honored').instant(query, Date.now(), never)).toEqual({
        series: [],
        warnings: [],
      })
  })

  test.each<[string, RegExp[]]>([
    ['honored', []],
    ['static', []],
    [
      'discovered',
      [/^metrics-targets error: .*prometheus-0 as the pod that answered.*exported_pod.*honor_labels/],
    ],
    [
      'ha-pair',
      [
        /^metrics-identity error: .*label prometheus_replica with 2 values \('a', 'b'\).*several times.*prometheus-match/,
      ],
    ],
    ['recorded', [/^metrics-targets error: .*neither instance nor pod.*recording rules/]],
    [
      'beside',
      [/^metrics-targets error: .*without the label instance stand beside.*prometheus-match: 'instance!=""'/],
    ],
    ['renamed', [/^metrics-numbers error: .*as 'workload:istio_requests_total:sum'.*recording rule/]],
  ])('%s', async (setup, says) => {
    expect(await findings(setup)).toEqual(says.map((each) => expect.stringMatching(each)))
  })

  test('one replica chosen by prometheus-match', async () => {
    expect(await findings('ha-pair', [{ label: 'prometheus_replica', op: '=', value: 'a' }])).toEqual([])
  })

  test('what is let through is counted exactly: once, by pod', async () => {
    counts['my-api-v1-5d5b8c-aaaaa'] += 70
    counts['my-api-v2-77fc9d-bbbbb'] += 7
    const source = {
      reporter: 'destination',
      label: 'destination_workload',
      canary: 'my-api-v2',
      stable: 'my-api-v1',
    } as const
    const adapters = [
      metricsOf('honored'),
      metricsOf('static'),
      metricsOf('ha-pair', [{ label: 'prometheus_replica', op: '=', value: 'b' }]),
    ]
    for (const metrics of adapters) {
      const query = () => ({
        host,
        namespace: 'shop',
        source,
        start: started,
        until: Date.now(),
        interval: 2000,
        podBirths: {},
      })
      let seen: unknown
      await until('the counts', async () => {
        const { points } = await metrics.counts(query(), never)
        seen = points.at(-1)
        return points.at(-1)?.canary?.total === 7 && points.at(-1)?.stable?.total === 70
      }).catch((error) => {
        throw new Error(`${error.message}; last: ${JSON.stringify(seen)}`)
      })
    }
  })
})
