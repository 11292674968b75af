import { describe, expect, test } from '@jest/globals'
import type { Check, PreflightInput } from '../../src/preflight/check.ts'
import { clocks } from '../../src/preflight/metrics/clocks.ts'
import { earlyRequests } from '../../src/preflight/metrics/early-requests.ts'
import { freshness } from '../../src/preflight/metrics/freshness.ts'
import { identity } from '../../src/preflight/metrics/identity.ts'
import { numbers } from '../../src/preflight/metrics/numbers.ts'
import { streams } from '../../src/preflight/metrics/streams.ts'
import { targets } from '../../src/preflight/metrics/targets.ts'
import type {
  LongRequests,
  MetricsFacts,
  SeriesLabels,
  SimilarSeries,
} from '../../src/release/evidence/metrics-facts.ts'

const host = 'my-api.shop.svc.cluster.local'
const asOf = 1_700_000_000_000
const one: SeriesLabels = {
  instance: '10.0.0.1:15020',
  pod: 'my-api-v1-5d5b-x1',
  reporter: 'destination',
  destination_service: host,
  destination_workload: 'my-api-v1',
  response_code: '200',
  response_flags: '-',
}
const facts: MetricsFacts = {
  host,
  series: [one],
  heights: [7],
  foreignPods: [],
  clockSkew: 400,
  slowestInterval: 15_000,
  longRequests: {
    perSecond: 20,
    websockets: { perSecond: 0, meanSeconds: null },
    grpc: { perSecond: 0, meanSeconds: null },
    messagesPerSecond: 0,
  },
  mesh: null,
  similar: null,
  newest: asOf - 9_000,
  asOf,
  interval: 15_000,
  pods: { ready: ['my-api-v1-5d5b-x1'], scraped: ['my-api-v1-5d5b-x1'] },
  canaryRequests: 0,
  repeatable: true,
  selector: `istio_requests_total{destination_service="${host}"}`,
}

const version = (name: string) => ({ version: name, workload: `my-api-${name}`, subset: name })

function find(check: Check, metrics: Partial<MetricsFacts> | null, first = false) {
  const input = {
    metrics:
      metrics === null ? null : { ...facts, heights: (metrics.series ?? [one]).map(() => 700), ...metrics },
    metricsLag: 5_000,
    stable: first ? null : version('v1'),
  }
  return check.find(input as unknown as PreflightInput)
}

/** Each row: what was found, whether it refuses, and what its words name. */
type Row = [name: string, metrics: Partial<MetricsFacts>, level: 'error' | 'warning' | null, says: RegExp]

function table(check: Check, rows: Row[]) {
  test.each(rows)('%s', (_name, metrics, level, says) => {
    const found = find(check, metrics)
    expect(found.map((each) => each.level)).toEqual(level === null ? [] : [level])
    expect(found.map(({ text, remedy }) => `${text} ${remedy}`).join()).toMatch(says)
  })
  test('without a Prometheus there is nothing to find', () => expect(find(check, null)).toEqual([]))
}

const similar = (labels: SeriesLabels, differs: SimilarSeries['differs'] = 'host') => ({
  series: [],
  mesh: 'requests' as const,
  similar: { differs, labels, query: 'istio_requests_total{destination_workload=~"my-api-v1"}' },
})

describe('metrics-numbers', () => {
  table(numbers, [
    ['all is there', {}, null, /^$/],
    [
      'another Prometheus',
      { series: [], mesh: 'none' as const },
      'error',
      /no series of Istio.*prometheus-url.*Try this query: istio_requests_total/,
    ],
    [
      "another team's Prometheus",
      { series: [], mesh: 'requests' as const, pods: { ready: ['a', 'b'], scraped: null } },
      'error',
      /none of the 2 ready pods.*another cluster or team.*prometheus-url/,
    ],
    ['silence', { series: [], mesh: 'requests' as const }, 'warning', /no request to my-api.*no-traffic/],
    [
      'the label is gone',
      similar({ destination_workload: 'my-api-v1' }),
      'error',
      /without the label destination_service.*Telemetry.*destination_workload=~/,
    ],
    [
      'the host in another form',
      similar({ destination_service: 'my-api\u202e' }),
      'error',
      /destination_service is 'my-api ', not 'my-api\.shop/,
    ],
    [
      'the condition finds nothing',
      similar({ destination_service: host }),
      'error',
      /condition destination_service="my-api\.shop[^"]*" finds none/,
    ],
    ['a waypoint alone', { series: [{ ...one, reporter: 'waypoint' }] }, 'error', /only 'waypoint'/],
    [
      'no codes',
      { series: [{ ...one, response_code: '' }] },
      'error',
      /no label response_code.*Keep the label response_code/,
    ],
    [
      'no codes of some',
      { series: [one, { ...one, response_code: '' }] },
      'warning',
      /^Some requests .* no label response_code/,
    ],
    [
      'no statuses of gRPC',
      { series: [{ ...one, request_protocol: 'grpc' }, one] },
      'error',
      /no label grpc_response_status.*counted as well answered/,
    ],
    [
      'statuses of gRPC, where flags are gone too',
      { series: [{ ...one, request_protocol: 'grpc', response_flags: '' }, one] },
      'warning',
      /no label grpc_response_status/,
    ],
    [
      'streams of gRPC that their clients leave',
      {
        series: [
          { ...one, request_protocol: 'grpc', response_flags: 'DC' },
          { ...one, request_protocol: 'grpc', response_code: '0', response_flags: 'DC' },
        ],
      },
      null,
      /^$/,
    ],
    [
      'statuses of gRPC',
      { series: [{ ...one, request_protocol: 'grpc', grpc_response_status: '0' }, one] },
      null,
      /^$/,
    ],
    [
      'statuses of gRPC alone',
      { series: [{ ...one, request_protocol: 'grpc', grpc_response_status: '0', response_code: '' }] },
      null,
      /^$/,
    ],
    [
      'no flags',
      { series: [{ ...one, response_flags: '' }] },
      'warning',
      /no label response_flags.*reach no pod/,
    ],
    ['no reporter', { series: [{ ...one, reporter: '' }] }, 'error', /no label reporter.*counted twice/],
    [
      'proxies without a request of anybody',
      { series: [], mesh: 'proxies' },
      'warning',
      /no istio_requests_total of anybody.*metric_relabel_configs.*no-traffic/,
    ],
  ])

  test('a first version is not refused for silence', () => {
    const absent: Partial<MetricsFacts>[] = [
      { series: [], mesh: 'none' },
      { series: [], mesh: 'requests', pods: { ready: ['a'], scraped: null } },
      similar({ destination_service: '' }),
    ]
    for (const each of absent) expect(find(numbers, each, true)).toMatchObject([{ level: 'warning' }])
  })
})

const both = (label: string, ...values: string[]) => values.map((value) => ({ ...one, [label]: value }))
const pods = (label: string, ...values: string[]) =>
  values.map((value, index) => ({ ...one, pod: `p${index}`, instance: `i${index}`, [label]: value }))

describe('metrics-identity', () => {
  table(identity, [
    ['one of all', {}, null, /^$/],
    [
      'two replicas of an HA pair',
      { series: both('prometheus_replica', 'a', 'b') },
      'error',
      /prometheus_replica.*counted several times.*prometheus-match/,
    ],
    [
      'a replica label nobody heard of',
      { series: both('shard_copy', 'a', 'b') },
      'error',
      /shard_copy.*several times/,
    ],
    [
      'replicas of which one is a scrape behind',
      { series: both('shard_copy', 'a', 'b'), heights: [10_000, 9_700] },
      'error',
      /shard_copy.*several times/,
    ],
    [
      'a label of the requests, which Telemetry adds',
      { series: both('customer_tier', 'gold', 'free'), heights: [10_000, 400] },
      null,
      /^$/,
    ],
    [
      'two jobs that scrape the same proxy',
      { series: both('job', 'pods', 'envoy') },
      'error',
      /label job with 2 values \('envoy', 'pods'\).*several times.*prometheus-match: 'job="pods"'/,
    ],
    [
      'two monitors that scrape the same proxy',
      {
        series: [
          { ...one, job: 'a', endpoint: 'http', container: 'istio-proxy' },
          { ...one, job: 'b', endpoint: 'envoy', container: 'istio-proxy' },
        ],
      },
      'error',
      /several labels: endpoint \('envoy', 'http'\), job.*several times/,
    ],
    [
      'copies and a label of the requests',
      {
        series: ['a', 'b'].flatMap((replica) =>
          ['gold', 'free'].map((tier) => ({ ...one, replica, customer_tier: tier })),
        ),
        heights: [500, 60_000, 501, 60_010],
      },
      'error',
      /replica/,
    ],
    [
      'pods of a cluster that a label nobody heard of sets apart',
      {
        series: [
          { ...one, k8s: 'west' },
          { ...one, k8s: 'east', pod: 'my-api-v1-5d5b-zz', instance: '11.0.0.1:15020' },
        ],
        foreignPods: ['my-api-v1-5d5b-zz'],
      },
      'error',
      /A pod that is not behind the Service \(my-api-v1-5d5b-zz\).*another cluster.*prometheus-match: 'k8s="west"'/,
    ],
    [
      'pods of a cluster that nothing sets apart',
      {
        series: pods('source_workload', 'web', 'web'),
        foreignPods: ['p1', 'p2'],
      },
      'error',
      /2 pods that are not behind the Service \(p1, p2\).*external_labels/,
    ],
    [
      'a copy with and one without the label',
      { series: [one, { ...one, replica: 'b' }] },
      'error',
      /replica/,
    ],
    ['a balanced pair without a label', { repeatable: false }, 'error', /back and forth.*one replica/],
    ['two jobs of one store', { series: pods('job', 'a', 'b') }, null, /^$/],
    [
      'two clusters',
      { series: pods('cluster', 'west', 'east') },
      'error',
      /cluster.*'east', 'west'.*requests of others.*prometheus-match: 'cluster="west"'/,
    ],
    ['two tenants', { series: pods('tenant_id', '1', '2') }, 'error', /tenant_id/],
    [
      'requests that reached nobody',
      { series: pods('destination_cluster', 'unknown', 'Kubernetes') },
      null,
      /^$/,
    ],
    [
      'endpoints in two clusters',
      { series: pods('destination_cluster', 'a', 'b') },
      'error',
      /destination_cluster/,
    ],
    ['pods and callers differ', { series: pods('source_workload', 'web', 'batch') }, null, /^$/],
    ['labels of the pods differ', { series: pods('pod_template_hash', '5d5b', '77fc') }, null, /^$/],
    ['answers differ', { series: both('response_code', '200', '503') }, null, /^$/],
  ])
})

describe('metrics-targets', () => {
  table(targets, [
    ['each proxy by itself', {}, null, /^$/],
    [
      'summed by a rule',
      { series: [one, { destination_service: host }] },
      'error',
      /1 of 2 series.*neither instance nor pod.*recording rules/,
    ],
    [
      'a pod that is not scraped',
      { pods: { ready: ['a', 'b'], scraped: ['b'] } },
      'error',
      /1 of 2 ready pods \(not a\).*up\{pod="a"\}/,
    ],
    ['nothing known of pods', { pods: { ready: ['a'], scraped: null } }, null, /^$/],
    [
      'federation without honor_labels',
      {
        series: [
          { ...one, instance: 'prom:9090', pod: 'prometheus-0', exported_pod: 'my-api-v1-5d5b-x1' },
          { ...one, instance: 'prom:9090', pod: 'prometheus-0', exported_pod: 'my-api-v1-5d5b-x2' },
        ],
      },
      'error',
      /name prometheus-0 as the pod that answered.*exported_pod.*honor_labels: true/,
    ],
    [
      'a collector, whose instance holds the counters of both versions',
      {
        series: [
          { ...one, instance: 'collector:8889', pod: '' },
          { ...one, instance: 'collector:8889', pod: '', destination_workload: 'my-api-v2' },
        ],
      },
      'error',
      /name collector:8889.*OpenTelemetry/,
    ],
    [
      'a Deployment whose pods have short names',
      { series: [{ ...one, pod: `${'a'.repeat(46)}-x1`, destination_workload: 'a'.repeat(60) }] },
      null,
      /^$/,
    ],
    [
      'callers, whose pods are not those that answered',
      { series: [{ ...one, reporter: 'source', pod: 'web-5d5b-x1' }] },
      null,
      /^$/,
    ],
    [
      'sums beside their parts: without instance',
      {
        series: [one, { ...one, instance: '10.0.0.2:15020' }, { ...one, instance: '' }],
        heights: [700, 300, 1000],
      },
      'error',
      /without the label instance.*twice.*prometheus-match: 'instance!=""'/,
    ],
    [
      'sums beside their parts: without callers',
      {
        series: [
          { ...one, source_workload: 'web', job: 'pods' },
          { ...one, source_workload: 'batch', job: 'pods' },
          one,
        ],
        heights: [700, 300, 1000],
      },
      'error',
      /without the label (job|source_workload).*twice/,
    ],
    [
      'a label that Telemetry removed a while ago',
      { series: [{ ...one, source_workload: 'web' }, one], heights: [90_000, 500] },
      null,
      /^$/,
    ],
  ])
})

describe('metrics-early', () => {
  const early = (canaryRequests: number | null, max: number, more: Partial<PreflightInput> = {}) =>
    earlyRequests.find({
      metrics: { ...facts, canaryRequests },
      stable: version('v1'),
      canary: version('v2'),
      planner: { canaryShare: () => ({ min: 0, max }) },
      unpinned: false,
      ...more,
    } as unknown as PreflightInput)

  test('requests that no route sent are a finding, with the query that says who calls', () => {
    const [found, ...others] = early(12, 0)
    expect(others).toEqual([])
    expect(found?.level).toBe('warning')
    expect(`${found?.text} ${found?.remedy}`).toMatch(
      /^12 requests .* reached v2 \(my-api-v2\).*destination_workload="my-api-v2"\}\[2m\]/,
    )
  })

  test.each<[string, ReturnType<typeof early>]>([
    ['none', early(0, 0)],
    ['versions that nothing tells apart', early(null, 0)],
    ['a route that sends it some', early(12, 0.1)],
    ['a bare Service, which another check speaks of', early(12, 0, { unpinned: true })],
    ['a first version', early(12, 0, { stable: null })],
    ['no Prometheus', early(12, 0, { metrics: null })],
  ])('%s is none', (_name, found) => expect(found).toEqual([]))
})

describe('metrics-streams', () => {
  const { longRequests: none } = facts
  const lasting = (changes: Partial<LongRequests>) => ({
    longRequests: { ...(none as LongRequests), ...changes },
  })
  table(streams, [
    ['requests that end', {}, null, /^$/],
    [
      'gRPC of one message each way',
      lasting({ grpc: { perSecond: 20, meanSeconds: 0.04 }, messagesPerSecond: 20 }),
      null,
      /^$/,
    ],
    [
      'gRPC streams',
      lasting({ grpc: { perSecond: 0.4, meanSeconds: 372 }, messagesPerSecond: 241 }),
      'warning',
      /240 gRPC messages a second in 0\.4 requests that end.*after 6m12s on average: the verdict lags.*nothing of their health.*type query.*drain/,
    ],
    [
      'gRPC streams of which none has ended',
      lasting({ messagesPerSecond: 3 }),
      'warning',
      /3 gRPC messages a second in 0 requests.*lags by their length/,
    ],
    [
      'websockets',
      lasting({ websockets: { perSecond: 2, meanSeconds: 600 } }),
      'warning',
      /10% of the requests.*websockets.*after 10m on average.*type query/,
    ],
    ['a websocket now and then', lasting({ websockets: { perSecond: 0.1, meanSeconds: 600 } }), null, /^$/],
    ['no requests', { longRequests: null }, null, /^$/],
  ])
})

describe('metrics-clocks', () => {
  const skewed = (prometheus: number | null, cluster: number | null) =>
    clocks
      .find({
        metrics: { ...facts, clockSkew: prometheus },
        clusterClockSkew: cluster,
      } as unknown as PreflightInput)
      .map(({ level, text }) => `${level}: ${text}`)

  test.each<[string, number | null, number | null, RegExp[]]>([
    ['all agree', 400, -600, []],
    ['nobody shows the time', null, null, []],
    ['Prometheus is ahead', 61_000, 0, [/^warning: Prometheus is 1m1s ahead of .*seen that much later/]],
    ['Prometheus is behind', -20_000, 0, [/Prometheus is 20s behind the clock.*looks late/]],
    ['the API server is ahead', 0, 8_000, [/^warning: The API server is 8s ahead of .*younger/]],
    ['the API server is behind', 0, -3_600_000, [/The API server is 1h behind .*older/]],
    ['both', 9_000, 9_000, [/Prometheus is 9s/, /API server is 9s/]],
  ])('%s', (_name, prometheus, cluster, says) => {
    const found = skewed(prometheus, cluster)
    expect(found).toEqual(says.map((each) => expect.stringMatching(each)))
  })

  test('without a Prometheus there is nothing to find', () => expect(find(clocks, null)).toEqual([]))
})

describe('metrics-fresh', () => {
  table(freshness, [
    ['a scrape ago', {}, null, /^$/],
    [
      'some are scraped more seldom',
      { slowestInterval: 60_000 },
      'warning',
      /every 1m, most every 15s.*interval to 1m/,
    ],
    ['scraped once a minute', { newest: asOf - 110_000, interval: 60_000 }, null, /^$/],
    [
      'three minutes late',
      { newest: asOf - 180_000 },
      'error',
      /3m old.*metrics-lag to at least 3m5s, or auto/,
    ],
    ['nothing newer than five minutes', { newest: null }, 'warning', /older than 5 minutes/],
    ['no series at all is another finding', { series: [], newest: null }, null, /^$/],
  ])

  test.each<[string, number, 'info' | 'error' | null, RegExp]>([
    ['as fresh as its scrapes', 9_000, null, /^$/],
    ['followed', 180_000, 'info', /3m old: metrics-lag: auto asks that far/],
    ['too late to be followed', 270_000, 'error', /4m30s old.*follows a store up to 4m/],
  ])('metrics-lag: auto, %s', (_name, age, level, says) => {
    const found = freshness.find({
      metrics: { ...facts, newest: asOf - age },
      metricsLag: 'auto',
      stable: version('v1'),
    } as unknown as PreflightInput)
    expect(found.map((each) => each.level)).toEqual(level === null ? [] : [level])
    expect(found.map(({ text, remedy }) => `${text} ${remedy}`).join()).toMatch(says)
  })
})
