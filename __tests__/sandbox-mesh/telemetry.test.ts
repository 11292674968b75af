import { describe, expect, test } from '@jest/globals'
import { healthyVersion, type TrafficModel } from '../../src/simulation/traffic-model.ts'
import {
  createWorld,
  destinationRule,
  deviations,
  gateway,
  host,
  plain,
  pod,
  virtualService,
  type World,
  web,
  weighted,
} from './world.ts'

const busy: TrafficModel = {
  ...plain,
  callers: [
    { ...web, share: 2 },
    { ...gateway, share: 1 },
  ],
  versions: {
    v2: {
      ...healthyVersion(0.1),
      badCodes: [
        { code: '500', weight: 3 },
        { code: '503', weight: 1 },
      ],
    },
  },
  others: healthyVersion(0.02),
  timeoutMs: 100,
  abandonedShare: 0.01,
}

function busyWorld(model: TrafficModel = busy): World {
  const world = createWorld(model)
  for (const [name, version] of [
    ['p1', 'v1'],
    ['p2', 'v1'],
    ['p3', 'v2'],
  ] as const)
    world.put(pod(name, version))
  world.put(destinationRule(['v1', 'v2']))
  world.put(weighted({ v1: 70, v2: 30 }))
  world.put(
    virtualService('shop', {
      hosts: ['shop.example.com'],
      gateways: ['istio-ingress/public'],
      http: [{ route: [{ destination: { host } }] }],
    }),
  )
  world.live(1)
  return world
}

describe('counters', () => {
  test('equal the truth, of callers, of pods and of what reached nobody', () => {
    const world = busyWorld()
    world.live(30)
    world.put(weighted({ v1: 50, v3: 50 }))
    world.live(30)
    const truth = world.mesh.truth()
    const sum = (labels: Record<string, string>): number => world.total(labels)
    for (const version of ['v1', 'v2']) {
      const destination_workload = `my-api-${version}`
      const seen = truth.callers[version]
      const abandoned = sum({ reporter: 'source', destination_workload, response_code: '0' })
      expect(abandoned).toBe(seen?.abandoned)
      expect(sum({ reporter: 'source', destination_workload }) - abandoned).toBe(seen?.total)
      const bad = ['500', '503', '504'].map((response_code) =>
        sum({ reporter: 'source', destination_workload, response_code }),
      )
      expect(bad.reduce((total, count) => total + count, 0)).toBe(seen?.bad)
      expect(sum({ reporter: 'destination', destination_workload })).toBe(
        (truth.pods[version]?.total ?? 0) + (truth.pods[version]?.abandoned ?? 0),
      )
    }
    expect(truth.unreached['NC']).toBeGreaterThan(1000)
    expect(sum({ response_flags: 'NC' })).toBe(truth.unreached['NC'])
    expect(sum({ reporter: 'source' })).toBe(truth.requests)
  })

  test('histograms hold every request once, cumulative', () => {
    const world = busyWorld()
    world.live(20)
    for (const total of world.samples({})) {
      const { __name__: _name, ...labels } = total.labels
      const metric = 'istio_request_duration_milliseconds'
      const exactly = (samples: { labels: Record<string, string> }[]): number =>
        samples.filter((sample) => Object.keys(sample.labels).length >= Object.keys(labels).length).length
      const buckets = world
        .samples(labels, `${metric}_bucket`)
        .filter((sample) => sample.labels['response_flags'] === labels['response_flags'])
      expect(exactly(buckets) % 20).toBe(0)
      for (let index = 1; index < 20; index += 1) {
        expect(buckets[index]?.value).toBeGreaterThanOrEqual(buckets[index - 1]?.value ?? 0)
      }
    }
    const count = world.samples({}, 'istio_request_duration_milliseconds_count')
    const infinite = world.samples({ le: '+Inf' }, 'istio_request_duration_milliseconds_bucket')
    const totals = world.samples({})
    const sumOf = (samples: { value: number }[]): number =>
      samples.reduce((sum, sample) => sum + sample.value, 0)
    expect(sumOf(count)).toBe(sumOf(totals))
    expect(sumOf(infinite)).toBe(sumOf(totals))
  })

  test('carry all labels that Istio gives them', () => {
    const world = busyWorld()
    world.live(10)
    const [seen] = world.samples({
      reporter: 'destination',
      response_code: '200',
      source_workload: 'web',
      destination_version: 'v2',
    })
    expect(seen?.labels).toEqual({
      __name__: 'istio_requests_total',
      reporter: 'destination',
      source_workload: 'web',
      source_workload_namespace: 'web',
      source_principal: 'spiffe://cluster.local/ns/web/sa/default',
      source_app: 'web',
      source_version: 'v1',
      source_canonical_service: 'web',
      source_canonical_revision: 'v1',
      source_cluster: 'Kubernetes',
      destination_workload: 'my-api-v2',
      destination_workload_namespace: 'shop',
      destination_principal: 'spiffe://cluster.local/ns/shop/sa/default',
      destination_app: 'my-api',
      destination_version: 'v2',
      destination_canonical_service: 'my-api',
      destination_canonical_revision: 'v2',
      destination_cluster: 'Kubernetes',
      destination_service: host,
      destination_service_name: 'my-api',
      destination_service_namespace: 'shop',
      request_protocol: 'http',
      response_code: '200',
      response_flags: '-',
      connection_security_policy: 'mutual_tls',
    })
  })

  test('belong to the proxy: its restart sets them to zero, the restart of the app does not', () => {
    const world = busyWorld()
    world.live(10)
    const of = (): number => world.total({ reporter: 'destination', destination_version: 'v2' })
    const before = of()
    world.put(pod('p3', 'v2', { restarts: 1 }))
    world.live(1)
    expect(of()).toBeGreaterThan(before)
    const started = (): number[] =>
      world.samples({}, 'process_start_time_seconds').map((sample) => sample.value)
    expect(started()).not.toContain(world.now() / 1000)
    world.put(pod('p3', 'v2', { restarts: 1, proxyRestarts: 1 }))
    expect(of()).toBe(0)
    expect(started()).toContain(world.now() / 1000)
  })

  test('of a pod without a proxy: none of its own, and callers know its workload only', () => {
    const world = createWorld()
    world.put(pod('p1', 'v1', { injected: false }))
    world.live(5)
    expect(world.total({ reporter: 'destination' })).toBe(0)
    expect(world.samples({ reporter: 'source', response_code: '200' })[0]?.labels).toMatchObject({
      destination_workload: 'my-api-v1',
      destination_version: 'unknown',
      destination_principal: 'unknown',
    })
    expect(world.mesh.targets().map((target) => target.labels['pod'])).not.toContain('p1')
  })
})

describe('answers', () => {
  test.each(['reset', 'answer'] as const)(
    'past the callers patience: 504 UT at the source; the pod: %s',
    (afterTimeout) => {
      const slow = {
        errors: { kind: 'constant' as const, share: 0 },
        latency: { medianMs: 100, spread: 0.5 },
      }
      const world = createWorld({ ...plain, others: slow, timeoutMs: 100, afterTimeout })
      world.put(pod('p1', 'v1'))
      world.live(30)
      const late = world.total({ reporter: 'source', response_code: '504', response_flags: 'UT' })
      const sent = world.total({ reporter: 'source', destination_workload: 'my-api-v1' })
      expect(deviations(late, sent, 0.5)).toBeLessThan(4)
      const atPod = { reporter: 'destination', response_code: '0', response_flags: 'DC' }
      expect(world.total(atPod)).toBe(afterTimeout === 'reset' ? late : 0)
      const good = world.total({ reporter: 'destination', response_code: '200' })
      expect(good).toBe(sent - (afterTimeout === 'reset' ? late : 0))
      const within = world.samples(
        { reporter: 'source', response_code: '200', le: '100' },
        'istio_request_duration_milliseconds_bucket',
      )
      expect(within.reduce((sum, sample) => sum + sample.value, 0)).toBe(
        world.total({ reporter: 'source', response_code: '200' }),
      )
    },
  )

  test("a route's own timeout counts where it is shorter", () => {
    const slow = { errors: { kind: 'constant' as const, share: 0 }, latency: { medianMs: 100, spread: 0.5 } }
    const world = createWorld({ ...plain, others: slow, timeoutMs: 60_000 })
    world.put(pod('p1', 'v1'))
    world.put(
      virtualService('my-api', {
        hosts: [host],
        http: [{ timeout: '100ms', route: [{ destination: { host } }] }],
      }),
    )
    world.live(30)
    expect(world.total({ response_flags: 'UT' })).toBeGreaterThan(2000)
  })

  test('gRPC: 200 with a status, also when the proxy answers itself', () => {
    const world = createWorld({ ...plain, protocol: 'grpc', others: healthyVersion(0.1) })
    world.put(pod('p1', 'v1'))
    world.put(destinationRule(['v1']))
    world.put(weighted({ v1: 50, v2: 50 }))
    world.live(20)
    const all = world.samples({ reporter: 'source' })
    expect(new Set(all.map((sample) => sample.labels['response_code']))).toEqual(new Set(['200']))
    expect(world.total({ response_flags: 'NC', grpc_response_status: '14' })).toBe(
      world.mesh.truth().unreached['NC'],
    )
    expect(world.total({ reporter: 'source', grpc_response_status: '13' })).toBe(
      world.mesh.truth().callers['v1']?.bad,
    )
    expect(world.samples({ request_protocol: 'http' })).toEqual([])
  })

  test('a pod that crashes takes what is under way with it, once: 503 UC', () => {
    const slow = {
      errors: { kind: 'constant' as const, share: 0 },
      latency: { medianMs: 1000, spread: 0.01 },
    }
    const world = createWorld({ ...plain, others: slow })
    world.put(pod('p1', 'v1'))
    world.put(pod('p2', 'v1'))
    world.live(5)
    world.put(pod('p2', 'v1', { ready: false, waiting: 'CrashLoopBackOff', restarts: 1 }))
    world.live(5)
    const lost = world.total({
      response_code: '503',
      response_flags: 'UC',
      destination_workload: 'my-api-v1',
    })
    // 100 requests a second at one second each.
    expect(lost).toBeGreaterThan(50)
    expect(lost).toBeLessThan(150)
    world.live(5)
    expect(world.total({ response_flags: 'UC' })).toBe(lost)
  })

  test('the last pod gone: refused until callers know, then UH; with another pod the retry hides it', () => {
    const world = createWorld(plain, { propagation: { configMs: [0, 0], endpointMs: [3000, 3000] } })
    world.put(pod('p1', 'v1'))
    world.put(pod('p2', 'v1'))
    world.live(10)
    world.remove('Pod', 'p2')
    world.live(10)
    expect(world.total({ response_flags: 'UF,URX' })).toBe(0)
    world.remove('Pod', 'p1')
    world.live(2)
    expect(world.samples({ response_flags: 'UF,URX' })[0]?.labels).toMatchObject({
      response_code: '503',
      destination_workload: 'my-api-v1',
      destination_version: 'unknown',
      destination_canonical_revision: 'v1',
    })
    const refused = (): number => world.total({ response_flags: 'UF,URX' })
    world.live(5)
    const then = refused()
    world.live(5)
    expect(refused()).toBe(then)
    expect(world.total({ response_flags: 'UH' })).toBeGreaterThan(900)
  })

  test('a pod that ends in order loses nothing', () => {
    const world = createWorld()
    world.put(pod('p1', 'v1'))
    world.put(pod('p2', 'v1'))
    world.live(5)
    const failed = (): number =>
      world.mesh.truth().requests - world.total({ reporter: 'source', response_code: '200' })
    const before = failed()
    const ending = pod('p2', 'v1')
    world.put({ ...ending, metadata: { ...ending.metadata, deletionTimestamp: '2026-03-01T12:00:05Z' } })
    world.live(5)
    world.remove('Pod', 'p2')
    world.live(5)
    expect(failed()).toBe(before)
  })
})

test('the control plane counts events and pushes', () => {
  const world = createWorld()
  const pushes = (): number => world.samples({ type: 'rds' }, 'pilot_xds_pushes')[0]?.value ?? 0
  const before = pushes()
  world.put(weighted({ v1: 1 }))
  world.put(weighted({ v1: 2 }))
  expect(pushes()).toBe(before + 2)
  expect(world.samples({ type: 'VirtualService', event: 'update' }, 'pilot_k8s_cfg_events')[0]?.value).toBe(1)
  expect(world.samples({ component: 'pilot' }, 'istio_build')).toHaveLength(1)
})
