import { describe, expect, test } from '@jest/globals'
import { openMetrics } from '../../src/metrics/metrics.ts'
import type { PreflightInput } from '../../src/preflight/check.ts'
import { numbers } from '../../src/preflight/metrics/numbers.ts'
import type { MetricsFactsQuery } from '../../src/release/evidence/metrics-facts.ts'
import { createPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import type { Labels } from '../../src/sandbox/prometheus/target.ts'
import { shortSleep } from '../support/short-sleep.ts'
import { never, plain } from './prometheus-stub.ts'

const now = 1_700_000_000_000
const host = 'my-api.shop.svc.cluster.local'
const pod = 'my-api-v1-5d5b8c-x1x1x'

/** What the proxy of our pod counts, beside the page that every proxy has. */
const request: Labels = {
  __name__: 'istio_requests_total',
  reporter: 'destination',
  destination_service: host,
  destination_service_name: 'my-api',
  destination_service_namespace: 'shop',
  destination_workload: 'my-api-v1',
  destination_workload_namespace: 'shop',
  response_code: '200',
  response_flags: '-',
}

interface World {
  /** How the proxy's requests look in the store; null: they are not there. */
  request?: ((labels: Labels) => Labels) | null
  /** What else our pod's page has. */
  more?: Labels[]
  /** What a pod of another namespace counts. */
  elsewhere?: Labels
  /** Whether the page of the proxy has what proxies have. */
  page?: boolean
  target?: Labels
  match?: { label: string; op: '='; value: string }[]
  /** Pods that are ready; default: the one that is scraped. */
  readyPods?: string[]
}

/** without takes labels away, as Telemetry's tagOverrides do with REMOVE. */
const without =
  (...names: string[]) =>
  (labels: Labels): Labels =>
    Object.fromEntries(Object.entries(labels).filter(([name]) => !names.includes(name)))
const like =
  (changes: Labels, ...gone: string[]) =>
  (labels: Labels): Labels => ({ ...without(...gone)(labels), ...changes })

/** look asks a store what a release would ask before its first write. */
async function look(world: World, stable: string | null = 'my-api-v1') {
  const { request: change = (labels: Labels) => labels, more = [], page = true } = world
  const samples = [
    ...(change === null ? [] : [change(request)]),
    ...more,
    ...(page ? [{ __name__: 'istio_build', component: 'proxy' }] : []),
  ].map((labels) => ({ labels, value: 7 }))
  const target = world.target ?? { job: 'pods', instance: '10.0.0.1:15020', pod, namespace: 'shop' }
  let time = now - 60_000
  const foreign = {
    job: 'pods',
    instance: '10.0.9.9:15020',
    pod: 'my-api-v1-77fc9d-p1p1p',
    namespace: 'prod',
  }
  const others = world.elsewhere === undefined ? [] : [{ labels: world.elsewhere, value: 7 }]
  const targets = () => [
    { labels: target, scrape: () => samples },
    { labels: foreign, scrape: () => others },
  ]
  const prometheus = createPrometheus({ targets, now: () => time })
  for (; time < now; time += 1000) prometheus.tick(time, 1)
  const ask = (path: string, form: Record<string, string>) => {
    const { status, contentType, body } = prometheus.answer({
      method: 'GET',
      path,
      parameters: new URLSearchParams(form),
    })
    return { status, contentType, text: body }
  }
  const metrics = openMetrics(
    { ...plain, url: 'k8s://m/prometheus:9090', match: world.match ?? [] },
    {
      random: () => 0.5,
      sleep: shortSleep,
      userAgent: 'test',
      transport: async (path, form) => ask(path, form),
    },
  )
  const query: MetricsFactsQuery = {
    host,
    namespace: 'shop',
    service: 'my-api',
    workloads: { canary: 'my-api-v2', stable },
    readyPods: world.readyPods ?? [pod],
    knownPods: [pod],
    from: now - 300_000,
    until: now,
  }
  const facts = await metrics.facts(query, never)
  const version = stable === null ? null : { version: 'v1', workload: stable, subset: 'v1' }
  const found = numbers.find({ metrics: facts, stable: version } as unknown as PreflightInput)
  /** How many series the query that a finding names has. */
  const finds = (text: string) => {
    const named = /(istio_requests_total)?\{.*\}/.exec(text)?.[0] ?? ''
    const { text: body } = ask('/api/v1/query', { query: named, time: String(now / 1000) })
    return JSON.parse(body).data.result.length as number
  }
  return { found, finds }
}

/** Each row: what the store has, whether a release is refused, and what its reader must learn. */
type Row = [name: string, world: World, says: RegExp]

const refused: Row[] = [
  ['no series of Istio at all', { request: null, page: false }, /no series of Istio at all.*prometheus-url/],
  [
    'the counter is dropped by a relabelling',
    {
      request: null,
      more: [{ ...request, __name__: 'istio_request_duration_milliseconds_count' }],
    },
    /no istio_requests_total of this service, though it has istio_request_duration_milliseconds_count/,
  ],
  [
    'the counter is dropped, and the host’s label removed',
    {
      request: null,
      more: [{ ...without('destination_service')(request), __name__: 'istio_response_bytes_sum' }],
    },
    /though it has istio_response_bytes_sum of the same requests/,
  ],
  [
    'a prefix',
    { request: like({ __name__: 'mesh_istio_requests_total' }) },
    /as 'mesh_istio_requests_total', not as istio_requests_total/,
  ],
  [
    'the name of OpenTelemetry',
    { request: like({ __name__: 'istio_requests' }) },
    /as 'istio_requests', not.*OpenTelemetry/,
  ],
  [
    'the name of OpenTelemetry in UTF-8',
    { request: like({ __name__: 'istio.requests_total' }) },
    /as 'istio\.requests_total'/,
  ],
  [
    'a recording rule’s name',
    { request: like({ __name__: 'workload:istio_requests_total:sum' }) },
    /as 'workload:istio_requests_total:sum'.*recording rule/,
  ],
  [
    'another name, and no label of the host',
    { request: like({ __name__: 'istio_requests' }, 'destination_service') },
    /as 'istio_requests'/,
  ],
  [
    'the short host',
    { request: like({ destination_service: 'my-api' }) },
    /destination_service is 'my-api', not 'my-api\.shop\.svc/,
  ],
  [
    'the host with its namespace',
    { request: like({ destination_service: 'my-api.shop' }, 'destination_service_name') },
    /destination_service is 'my-api\.shop', not/,
  ],
  [
    'another cluster domain',
    {
      request: like(
        { destination_service: 'my-api.shop.svc.corp.example' },
        'destination_service_name',
        'destination_workload',
      ),
    },
    /is 'my-api\.shop\.svc\.corp\.example', not.*through the Service that callers use/,
  ],
  [
    'a host with its port',
    {
      request: like(
        { destination_service: 'my-api.shop.svc.cluster.local:8080' },
        'destination_service_name',
        'destination_workload',
      ),
    },
    /is 'my-api\.shop\.svc\.cluster\.local:8080', not/,
  ],
  [
    'a public name',
    { request: like({ destination_service: 'api.example.com' }, 'destination_service_name') },
    /is 'api\.example\.com', not/,
  ],
  [
    'the host’s label is removed',
    { request: without('destination_service') },
    /without the label destination_service.*Telemetry removes it/,
  ],
  [
    'all labels of the Service are removed',
    {
      request: without('destination_service', 'destination_service_name', 'destination_service_namespace'),
    },
    /without the label destination_service/,
  ],
  [
    'the workload’s namespace too',
    {
      request: without(
        'destination_service',
        'destination_service_name',
        'destination_service_namespace',
        'destination_workload_namespace',
      ),
    },
    /without the label destination_service/,
  ],
  ...['pod', 'exported_pod', 'pod_name', 'kubernetes_pod_name'].map(
    (label): Row => [
      `nothing but the pod’s name is left, as ${label}`,
      {
        request: (labels) => ({
          __name__: 'istio_requests_total',
          reporter: labels.reporter ?? '',
          response_code: '200',
        }),
        target: { job: 'pods', instance: '10.0.0.1:15020', [label]: pod },
      },
      /without the label destination_service/,
    ],
  ),
  [
    'a pod that is too young to be asked for, by its Deployment’s name',
    {
      request: (labels) => ({ __name__: 'istio_requests_total', reporter: labels.reporter ?? '' }),
      readyPods: [],
    },
    /without the label destination_service/,
  ],
  ['the reporter is removed', { request: without('reporter') }, /no label reporter.*counted twice/],
  ['a waypoint alone', { request: like({ reporter: 'waypoint' }) }, /only 'waypoint'/],
  [
    'prometheus-match names another cluster',
    {
      target: { job: 'pods', instance: '10.0.0.1:15020', pod, cluster: 'west' },
      match: [{ label: 'cluster', op: '=', value: 'wset' }],
    },
    /conditions of prometheus-match find none.*cluster="west".*Correct prometheus-match/,
  ],
  [
    'prometheus-match names a label that is not there',
    { match: [{ label: 'k8s', op: '=', value: 'west' }] },
    /find none of them: theirs are k8s=""/,
  ],
  [
    'another cluster’s Prometheus',
    { request: null, readyPods: ['my-api-v1-elsewhere-abcde'] },
    /none of the 1 ready pods/,
  ],
]

const warned: Row[] = [
  ['silence of the whole mesh', { request: null }, /no istio_requests_total of anybody.*no-traffic/],
  [
    'silence of this service',
    {
      request: () => ({
        __name__: 'istio_requests_total',
        reporter: 'source',
        destination_service: 'a.b.svc',
      }),
    },
    /has no request to my-api\.shop.*no-traffic/,
  ],
  [
    'what our own pods send is nothing that they got',
    {
      request: () => ({
        __name__: 'istio_requests_total',
        reporter: 'source',
        source_workload: 'my-api-v1',
        destination_service: 'db.shop.svc.cluster.local',
        destination_workload: 'db',
        destination_workload_namespace: 'shop',
      }),
    },
    /has no request to my-api\.shop/,
  ],
  [
    'another namespace by name',
    {
      request: null,
      elsewhere: {
        ...request,
        destination_service: 'my-api.prod.svc.cluster.local',
        destination_service_namespace: 'prod',
        destination_workload_namespace: 'prod',
      },
    },
    /requests of the same name in namespace 'prod': is that the one you mean/,
  ],
]

describe('requests that a release would not find', () => {
  test.each(refused)('%s: refused, with the query to try', async (_name, world, says) => {
    const { found, finds } = await look(world)
    const text = found.map(({ text: words, remedy }) => `${words} ${remedy}`).join()
    expect(text).toMatch(says)
    expect(found.map(({ level }) => level)).toEqual(['error'])
    const { remedy } = found[0] as (typeof found)[number]
    if (remedy?.includes('What is there:')) expect(finds(remedy)).toBeGreaterThan(0)
  })

  test.each(warned)('%s: a warning', async (_name, world, says) => {
    const { found, finds } = await look(world)
    expect(found.map(({ text, remedy }) => `${text} ${remedy}`).join()).toMatch(says)
    expect(found.map(({ level }) => level)).toEqual(['warning'])
    const { remedy } = found[0] as (typeof found)[number]
    if (remedy?.includes('What is there:')) expect(finds(remedy)).toBeGreaterThan(0)
  })

  test.each([...refused, ...warned].filter(([, { request: change }]) => change !== undefined))(
    '%s: a first version is not refused for it',
    async (_name, world) => {
      const { found } = await look({ ...world, readyPods: [] }, null)
      const levels = found.filter(({ text }) => !/reporter/.test(text)).map(({ level }) => level)
      expect(levels.filter((level) => level !== 'warning')).toEqual([])
    },
  )

  test('all is there', async () => {
    expect((await look({})).found).toEqual([])
  })
})
