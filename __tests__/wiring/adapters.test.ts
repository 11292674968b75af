import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Request } from '../../src/release/request.ts'
import type { LeasePort, MetricsPort, WorkloadsPort } from '../../src/rollout/ports.ts'
import { createClock } from '../../src/sandbox/time/clock.ts'
import { serveClock } from '../../src/sandbox/time/clock-server.ts'
import { openAdapters } from '../../src/wiring/adapters.ts'
import { contentAccess, kubeconfig } from '../cluster/helpers/access.ts'
import { failure } from '../cluster/helpers/failure.ts'
import { serve, type TestServer } from '../cluster/helpers/server.ts'

const signal = new AbortController().signal
const options = { env: {}, userAgent: 'shiftgate/test', random: () => 0.5 }

let server: TestServer
beforeAll(async () => {
  server = await serve(() => ({ status: 200, body: { status: 'success', data: { version: '3.5.0' } } }))
})
afterAll(() => server.close())

const forge: NonNullable<Request['forge']> = {
  kind: 'github',
  token: 'forge-token',
  apiUrl: 'http://127.0.0.1:1',
  serverUrl: 'http://127.0.0.1:1',
  owner: 'o',
  repository: 'r',
  sha: 'a'.repeat(40),
  pullRequest: null,
  branch: null,
}

function request(over: Partial<Request>): Request {
  return {
    command: 'rollout',
    namespace: 'shop',
    service: 'my-api',
    clusterDomain: 'cluster.local',
    version: 'v2',
    stableVersion: null,
    toVersion: null,
    cluster: contentAccess(kubeconfig({ server: server.url }, { token: 'kube-token' })),
    prometheus: prometheus('http://127.0.0.1:9'),
    forge: null,
    settings: { queryTimeout: 5000 } as Request['settings'],
    holder: 'h',
    runUrl: null,
    runId: '1',
    comment: false,
    reportDir: '/nowhere',
    sandboxClock: null,
    ...over,
  }
}

function prometheus(url: string): NonNullable<Request['prometheus']> {
  return { url, bearerToken: 'metrics-token', basic: null, headers: {}, ca: null }
}

describe('doors', () => {
  test('are what the rollout asks for, and name every secret', async () => {
    const adapters = await openAdapters(request({ forge }), options)
    const ports: WorkloadsPort & LeasePort = adapters.cluster
    const metrics: MetricsPort | null = adapters.metrics
    expect([typeof ports.workloads, typeof metrics?.counts, typeof adapters.forge?.upsertComment]).toEqual([
      'function',
      'function',
      'function',
    ])
    expect(adapters.secrets()).toEqual(['kube-token', 'metrics-token', 'forge-token'])
    expect(Math.abs(adapters.clock.now() - Date.now())).toBeLessThan(1000)
  })

  test('open only what is asked for, and call nobody', async () => {
    const calls = server.seen.length
    const adapters = await openAdapters(request({ prometheus: null }), options)
    expect([adapters.metrics, adapters.forge, server.seen.length]).toEqual([null, null, calls])
  })

  test('reach a Prometheus inside the cluster through the API server', async () => {
    const adapters = await openAdapters(
      request({ prometheus: prometheus('k8s://istio-system/prometheus:9090') }),
      options,
    )
    expect(await adapters.metrics?.probe(signal)).toEqual({ version: '3.5.0' })
    expect(server.seen.at(-1)?.path).toBe(
      '/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/status/buildinfo',
    )
    // The API server gets its own token, and Prometheus' token goes to nobody else.
    expect(server.seen.at(-1)?.headers.authorization).toBe('Bearer kube-token')
    expect(adapters.cluster.calls()).toEqual([
      {
        verb: 'get',
        group: '',
        resource: 'services/proxy',
        namespace: 'istio-system',
        name: 'prometheus:9090',
      },
    ])
  })
})

describe('the sandbox’s clock', () => {
  test('is taken where everything is on loopback', async () => {
    const world = createClock({ start: 5000, speed: null })
    const clock = await serveClock(world)
    const adapters = await openAdapters(request({ forge, sandboxClock: clock.url }), options)
    await adapters.clock.sleep(60_000, signal)
    expect(adapters.clock.now()).toBe(65_000)
    adapters.close()
    world.close()
    await clock.close()
  })

  const outside = 'https://192.0.2.7'
  test.each<[string, () => Partial<Request>, RegExp]>([
    [
      'API server',
      () => ({ cluster: contentAccess(kubeconfig({ server: outside })) }),
      /the API server is not/,
    ],
    ['Prometheus', () => ({ prometheus: prometheus(outside) }), /Prometheus is not/],
    [
      'GitHub API',
      () => ({ forge: { ...forge, apiUrl: 'https://api.github.com' } }),
      /the GitHub API is not/,
    ],
    ['clock', () => ({ sandboxClock: 'http://192.0.2.7:1' }), /SHIFTGATE_SANDBOX_CLOCK is not/],
    ['clock that is no address', () => ({ sandboxClock: 'localhost' }), /SHIFTGATE_SANDBOX_CLOCK is not/],
    [
      'name that only looks like loopback',
      () => ({ prometheus: prometheus('http://127.0.0.1.example.com') }),
      /Prometheus is not/,
    ],
  ])('is refused beside a real %s', async (_name, over, message) => {
    const error = await failure(
      openAdapters(request({ sandboxClock: 'http://127.0.0.1:1', ...over() }), options),
    )
    expect([error.code, error.message]).toEqual(['invalid-input', expect.stringMatching(message)])
  })
})
