import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { toApiCall, toPath } from '../../src/cluster/api/paths.ts'
import { parseWarnings } from '../../src/cluster/api/warnings.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import type { LeasePort, WorkloadsPort } from '../../src/rollout/ports.ts'
import type { IstioObjects } from '../../src/routing/istio/istio-routing.ts'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'
import { notServed, serve, status, type TestServer } from './helpers/server.ts'

const signal = new AbortController().signal
let server: TestServer
let cluster: Cluster
beforeAll(async () => {
  server = await serve(() => notServed)
})
afterAll(() => server.close())
beforeEach(async () => {
  server.seen.length = 0
  cluster = await connectTo(server.url)
})

test('a cluster is what the rollout asks for', () => {
  const ports: IstioObjects & WorkloadsPort & LeasePort = cluster
  const methods = [
    'routing',
    'object',
    'write',
    'workloads',
    'lease',
    'createLease',
    'updateLease',
    'releaseLease',
  ] as const
  expect(methods.map((method) => typeof ports[method])).toEqual(methods.map(() => 'function'))
})

describe('paths read by others', () => {
  test('tell what is missing from what is not served and what is forbidden', async () => {
    server.answer(() => status(404, 'NotFound', 'namespaces "x" not found'))
    expect(await cluster.get('/api/v1/namespaces/x', signal)).toBeNull()
    server.answer(() => notServed)
    expect((await failure(cluster.get('/apis/flagger.app/v1beta1/canaries', signal))).code).toBe(
      'kind-not-served',
    )
    server.answer(() =>
      status(
        403,
        'Forbidden',
        'nodes is forbidden: User "ci" cannot list resource "nodes" in API group "" at the cluster scope',
      ),
    )
    const error = await failure(cluster.list('/api/v1/nodes', signal))
    expect([error.code, error.message]).toEqual([
      'forbidden',
      expect.stringMatching(/list nodes over all namespaces.*ClusterRole/),
    ])
  })

  test('that list keep their own parameters', async () => {
    server.answer(() => ({
      status: 200,
      body: { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: null },
    }))
    expect(await cluster.list('/api/v1/pods?labelSelector=app%3Distiod', signal)).toEqual([])
    expect(server.seen[0]?.url).toBe('/api/v1/pods?labelSelector=app%3Distiod&limit=500')
  })

  test('that answer with something that isn’t a list are refused', async () => {
    server.answer(() => ({ status: 200, body: { kind: 'Pod' } }))
    expect((await failure(cluster.list('/api/v1/pods', signal))).code).toBe('bad-answer')
  })

  test.each([
    'version',
    '//evil.example/x',
    '/api/../metrics',
    '/api/v1/namespaces/a%2fb',
    '/x#y',
    '/a b',
    '/api/v1/x?a=\n',
  ])('refuse %j', async (path) => {
    expect((await failure(cluster.get(path, signal))).code).toBe('invalid-input')
    expect(server.seen).toEqual([])
  })
})

describe('permissions', () => {
  test('are asked one by one and answered in order', async () => {
    server.reviews(null)
    server.answer(({ body }) => {
      const { spec } = JSON.parse(body)
      const kind = 'SelfSubjectAccessReview'
      return { status: 201, body: { kind, status: { allowed: spec.resourceAttributes.verb === 'patch' } } }
    })
    const questions = [
      { verb: 'list', group: '', resource: 'pods', namespace: 'shop' },
      {
        verb: 'patch',
        group: 'networking.istio.io',
        resource: 'virtualservices',
        namespace: 'shop',
        name: 'my-api',
      },
      { verb: 'get', group: '', resource: 'services/proxy', namespace: null },
    ]
    expect(await cluster.can(questions, signal)).toEqual([false, true, false])
    const attributes = server.seen.map(({ body }) => JSON.parse(body).spec.resourceAttributes)
    expect(attributes).toContainEqual({ verb: 'get', group: '', resource: 'services', subresource: 'proxy' })
    expect(attributes).toContainEqual({
      verb: 'patch',
      group: 'networking.istio.io',
      resource: 'virtualservices',
      namespace: 'shop',
      name: 'my-api',
    })
  })
})

describe('a Service behind the API server', () => {
  const within = { signal, timeoutMs: 1000 }

  test('answers through its proxy path, whatever its status', async () => {
    const transport = cluster.proxyTransport('istio-system', 'prometheus', 9090)
    server.answer(() => ({ status: 422, body: { status: 'error', errorType: 'bad_data', error: 'x' } }))
    const answer = await transport('/api/v1/query', { query: 'sum(x{a="b&c"})', time: '1.5' }, within)
    expect([answer.status, answer.contentType, JSON.parse(answer.text).errorType]).toEqual([
      422,
      'application/json',
      'bad_data',
    ])
    expect(server.seen[0]?.path).toBe(
      '/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query',
    )
    expect(Object.fromEntries(server.seen[0]?.query ?? [])).toEqual({ query: 'sum(x{a="b&c"})', time: '1.5' })
    expect(cluster.calls()).toEqual([
      {
        verb: 'get',
        group: '',
        resource: 'services/proxy',
        namespace: 'istio-system',
        name: 'prometheus:9090',
      },
    ])
  })

  test('over https is named so', async () => {
    server.answer(() => ({ status: 200, body: 'ok' }))
    await cluster.proxyTransport('m', 'prom', 'web', 'https')('/-/ready', {}, within)
    expect(server.seen[0]?.path).toBe('/api/v1/namespaces/m/services/https:prom:web/proxy/-/ready')
  })

  test.each([
    [
      'no right',
      status(
        403,
        'Forbidden',
        'services "prometheus:9090" is forbidden: User "ci" cannot get resource "services/proxy" in API group "" in the namespace "m"',
      ),
      'forbidden',
      /resources: \["services\/proxy"\]/,
    ],
    [
      'no such Service',
      status(404, 'NotFound', 'services "prom" not found'),
      'not-found',
      /services "prom" not found/,
    ],
    [
      'no pod behind it',
      status(503, 'ServiceUnavailable', 'no endpoints available for service "prom"'),
      'server-error',
      /no endpoints/,
    ],
  ] as const)('with %s says so as the cluster’s own failure', async (_name, reply, code, message) => {
    server.answer(() => reply)
    const error = await failure(cluster.proxyTransport('m', 'prom', 9090)('/api/v1/query', {}, within))
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)])
    expect(server.seen).toHaveLength(1)
  })

  test('that hangs ends at the caller’s limit', async () => {
    server.answer(() => undefined)
    const work = cluster.proxyTransport('m', 'prom', 9090)('/x', {}, { signal, timeoutMs: 40 })
    expect((await failure(work)).code).toBe('timeout')
  })

  test.each([
    ['bad namespace', 'a/b', 'prom', 9090],
    ['bad service', 'm', 'prom:80/../..', 9090],
    ['bad port', 'm', 'prom', 0],
    ['bad port name', 'm', 'prom', 'a/b'],
  ])('with a %s is refused', async (_name, namespace, service, port) => {
    const work = Promise.resolve().then(() => cluster.proxyTransport(namespace, service, port))
    expect((await failure(work)).code).toBe('invalid-input')
  })
})

describe('what a Role must allow', () => {
  test.each([
    [
      'GET',
      '/api/v1/namespaces',
      { verb: 'list', group: '', resource: 'namespaces', namespace: null, name: null },
    ],
    [
      'GET',
      '/api/v1/namespaces/shop',
      { verb: 'get', group: '', resource: 'namespaces', namespace: null, name: 'shop' },
    ],
    [
      'GET',
      '/api/v1/namespaces/shop/pods?limit=5',
      { verb: 'list', group: '', resource: 'pods', namespace: 'shop', name: null },
    ],
    [
      'POST',
      '/apis/coordination.k8s.io/v1/namespaces/shop/leases',
      { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: 'shop', name: null },
    ],
    [
      'PUT',
      '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/x',
      {
        verb: 'update',
        group: 'networking.istio.io',
        resource: 'virtualservices',
        namespace: 'shop',
        name: 'x',
      },
    ],
    ['GET', '/version', null],
    ['GET', '/apis/networking.istio.io', null],
  ])('for %s %s', (method, path, call) => {
    expect(toApiCall(method, path)).toEqual(call)
  })

  test('is each call once', async () => {
    server.answer(() => ({ status: 200, body: { kind: 'Namespace', metadata: { name: 'shop' } } }))
    for (let turn = 0; turn < 3; turn++) await cluster.get('/api/v1/namespaces/shop', signal)
    expect(cluster.calls()).toHaveLength(1)
  })
})

test('a path names group, namespace and object', () => {
  expect(toPath({ apiVersion: 'v1', plural: 'pods', namespace: null })).toBe('/api/v1/pods')
  expect(toPath({ apiVersion: 'apps/v1', plural: 'deployments', namespace: 'shop' }, 'a.b')).toBe(
    '/apis/apps/v1/namespaces/shop/deployments/a.b',
  )
})

test('a warning without quotes or with quotes inside is read as far as it can be', () => {
  expect(
    parseWarnings([
      '299 kube "a \\"b\\" \\\\ c"',
      'rubbish',
      '299 - "a", 199 - "d, e" "Wed, 21 Oct 2026 07:28:00 GMT"',
    ]),
  ).toEqual(['a "b" \\ c', 'a', 'd, e'])
})
