import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { toPod } from '../../src/cluster/resources/pods.ts'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'
import { absent, type Reply, serve, status, type TestServer } from './helpers/server.ts'

const signal = new AbortController().signal
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'my-api', namespace: 'shop' },
  spec: {
    clusterIP: '10.0.0.1',
    selector: { app: 'my-api' },
    ports: [{ name: 'http', port: 80, appProtocol: 'http' }, { port: 9 }],
  },
}
const deployment = (name: string, labels: Record<string, string>) => ({
  metadata: { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: {
    replicas: 3,
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'api',
        containers: [
          { name: 'app', image: 'a:1' },
          { name: 'istio-proxy', image: 'p:1' },
          { name: 'log', image: 'l:1' },
        ],
      },
    },
  },
  status: { readyReplicas: 2 },
})
const pod = (over: Partial<KubeObject> = {}, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'my-api-v2-6d5f-x',
    namespace: 'shop',
    creationTimestamp: '2026-01-01T00:00:10Z',
    labels: { app: 'my-api', version: 'v2', 'pod-template-hash': '6d5f' },
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'my-api-v2-6d5f', controller: true },
    ],
    ...metadata,
  },
  spec: { containers: [{ name: 'app' }], initContainers: [{ name: 'istio-proxy', restartPolicy: 'Always' }] },
  status: {
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [
      { name: 'app', restartCount: 2 },
      { name: 'b', restartCount: 1 },
    ],
  },
  ...over,
})

let server: TestServer
let cluster: Cluster
beforeAll(async () => {
  server = await serve(() => ({ status: 500 }))
  cluster = await connectTo(server.url)
})
afterAll(() => server.close())
beforeEach(() => {
  server.seen.length = 0
})

function listOf(kind: string, items: unknown[]): Reply {
  return { status: 200, body: { kind: `${kind}List`, apiVersion: 'v1', metadata: {}, items } }
}

describe('workloads', () => {
  test('joins the Service, the Deployments that it selects and their pods', async () => {
    server.answer(({ path }) => {
      if (path.endsWith('/services/my-api')) return { status: 200, body: service }
      if (path.endsWith('/pods')) return listOf('Pod', [pod()])
      return listOf('Deployment', [
        deployment('my-api-v1', { app: 'my-api', version: 'v1', tier: 'web' }),
        deployment('my-api-v2', { app: 'my-api', version: 'v2' }),
        deployment('other', { app: 'other' }),
      ])
    })
    const { service: seen, workloads, pods } = await cluster.workloads('shop', 'my-api', signal)
    expect(seen).toEqual({
      name: 'my-api',
      namespace: 'shop',
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      selector: { app: 'my-api' },
      ports: [
        { name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' },
        { name: null, port: 9, protocol: 'TCP', appProtocol: null },
      ],
    })
    expect(workloads.map(({ name }) => name)).toEqual(['my-api-v1', 'my-api-v2'])
    expect(workloads[1]).toEqual({
      kind: 'Deployment',
      name: 'my-api-v2',
      namespace: 'shop',
      version: 'v2',
      image: 'a:1,l:1',
      templateLabels: { app: 'my-api', version: 'v2' },
      replicas: 3,
      readyReplicas: 2,
      createdAt: Date.UTC(2026, 0, 1),
      serviceAccount: 'api',
    })
    expect(pods).toEqual([
      {
        name: 'my-api-v2-6d5f-x',
        workload: 'my-api-v2',
        version: 'v2',
        labels: { app: 'my-api', version: 'v2', 'pod-template-hash': '6d5f' },
        ready: true,
        deleting: false,
        createdAt: Date.UTC(2026, 0, 1, 0, 0, 10),
        waiting: null,
        restarts: 3,
        injected: true,
      },
    ])
    expect(server.seen.find(({ path }) => path.endsWith('/pods'))?.query.get('labelSelector')).toBe(
      'app=my-api',
    )
    // Least privilege: ReplicaSets are never asked for.
    expect(
      cluster
        .calls()
        .map(({ resource }) => resource)
        .sort(),
    ).toEqual(['deployments', 'pods', 'services'])
  })

  test('without the Service, or with one that selects nothing, is empty and asks for no pods', async () => {
    server.answer((seen) => absent(seen, 'Service', 'services "my-api" not found'))
    expect(await cluster.workloads('shop', 'my-api', signal)).toEqual({
      service: null,
      workloads: [],
      pods: [],
    })
    server.answer(() => ({ status: 200, body: { ...service, spec: { ports: [] } } }))
    const headless = await cluster.workloads('shop', 'my-api', signal)
    expect([headless.service?.selector, headless.pods, headless.workloads]).toEqual([{}, [], []])
    const paths = new Set(server.seen.map(({ path }) => path))
    expect([...paths]).toEqual([
      '/api/v1/namespaces/shop/services/my-api',
      '/api/v1/namespaces/shop/services',
    ])
  })

  test('with pods that may not be read says which right is missing', async () => {
    server.answer(({ path }) => {
      if (path.endsWith('/services/my-api')) return { status: 200, body: service }
      if (path.endsWith('/deployments')) return listOf('Deployment', [])
      return status(
        403,
        'Forbidden',
        'pods is forbidden: User "ci" cannot list resource "pods" in API group "" in the namespace "shop"',
      )
    })
    const error = await failure(cluster.workloads('shop', 'my-api', signal))
    expect(error.message).toMatch(
      /may not list pods in namespace shop.*apiGroups: \[""\], resources: \["pods"\], verbs: \["list"\]/,
    )
  })
})

describe('a pod', () => {
  const known = new Set(['my-api-v2'])

  test.each<[string, Partial<KubeObject['metadata']>, string | null]>([
    ['of a Deployment', {}, 'my-api-v2'],
    ['of a ReplicaSet without a Deployment', { labels: { app: 'x' } }, null],
    [
      'of a Deployment that is gone',
      {
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'old-6d5f', controller: true }],
      },
      null,
    ],
    [
      'of a StatefulSet',
      {
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'my-api-v2-6d5f', controller: true },
        ],
      },
      null,
    ],
    ['of nobody', { ownerReferences: [] }, null],
  ])('%s has the right owner', (_name, metadata, owner) => {
    expect(toPod(pod({}, metadata), known).workload).toBe(owner)
  })

  const unready = {
    type: 'Ready',
    status: 'False',
    reason: 'ContainersNotReady',
    message: 'containers with unready status: [app]',
  }
  const container = (state: object, name = 'app') => ({ name, state })
  test.each<[string, object, string | null]>([
    [
      'can’t be placed',
      {
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/3 nodes are available:\n3 Insufficient cpu.',
          },
        ],
      },
      'Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.',
    ],
    [
      'can’t pull its image',
      {
        conditions: [unready],
        containerStatuses: [
          container({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "a:2"' } }),
        ],
      },
      'ImagePullBackOff: Back-off pulling image "a:2"',
    ],
    [
      'crashes in a loop',
      {
        conditions: [unready],
        containerStatuses: [
          container({ running: {} }, 'b'),
          container({ waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s' } }),
        ],
      },
      'CrashLoopBackOff: back-off 10s',
    ],
    [
      'is held by an init container',
      {
        initContainerStatuses: [
          container(
            { waiting: { reason: 'CreateContainerConfigError', message: 'secret "x" not found' } },
            'init',
          ),
        ],
        containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
      },
      'CreateContainerConfigError: secret "x" not found',
    ],
    [
      'whose init container failed',
      {
        initContainerStatuses: [container({ terminated: { exitCode: 2, reason: 'Error' } }, 'init')],
        containerStatuses: [container({ waiting: { reason: 'PodInitializing' } })],
      },
      'Error: container init ended with exit code 2',
    ],
    [
      'is being started',
      { containerStatuses: [container({ waiting: { reason: 'ContainerCreating' } })] },
      'ContainerCreating',
    ],
    [
      'was evicted',
      { reason: 'Evicted', message: 'The node was low on resource: memory.' },
      'Evicted: The node was low on resource: memory.',
    ],
    [
      'fails its readiness probe',
      { conditions: [unready], containerStatuses: [container({ running: {} })] },
      'ContainersNotReady: containers with unready status: [app]',
    ],
    ['says nothing yet', {}, null],
  ])('that %s says why it isn’t ready', (_name, podStatus, waiting) => {
    const view = toPod(pod({ status: podStatus }), known)
    expect([view.ready, view.waiting]).toEqual([false, waiting])
  })

  test('that is going away and has no proxy shows both', () => {
    const view = toPod(
      pod({ spec: { containers: [{ name: 'app' }] } }, { deletionTimestamp: '2026-01-01T00:01:00Z' }),
      known,
    )
    expect([view.deleting, view.injected, view.ready]).toEqual([true, false, true])
  })
})
