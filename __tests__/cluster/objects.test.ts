import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { Cluster } from '../../src/cluster/cluster.ts'
import type { KubeObject, ObjectKind } from '../../src/release/kubernetes.ts'
import { type TestCluster, testCluster } from '../sandbox/api-client.ts'
import { type FaultProxy, oddAnswers, openFaultProxy, type ProxiedRequest } from '../support/fault-proxy.ts'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'

jest.setTimeout(30_000)

const signal = new AbortController().signal
const deployment = (name: string, image = 'app:1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'app', image }] },
    },
  },
})
const ref = (name: string, kind: ObjectKind = 'Deployment') => ({ kind, namespace: 'shop', name })
const image = '/spec/template/spec/containers/0/image'

let cluster: TestCluster
let door: Cluster
const proxies: FaultProxy[] = []
beforeEach(async () => {
  cluster = await testCluster()
  door = await connectTo(cluster.url, { token: 'sandbox-admin-token' })
})
afterEach(async () => {
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()))
  await cluster.close()
})

/** through connects with one odd answer in place of the true one, where `when` says so. */
async function through(
  name: keyof typeof oddAnswers,
  when: (request: ProxiedRequest) => boolean,
): Promise<{ door: Cluster; proxy: FaultProxy }> {
  const proxy = await openFaultProxy(cluster.url, (request) => (when(request) ? oddAnswers[name] : null))
  proxies.push(proxy)
  return { door: await connectTo(proxy.url, { random: () => 0, token: 'sandbox-admin-token' }), proxy }
}

const paths = () => cluster.requests.map(({ method, path }) => `${method} ${path}`)

describe('lists of several kinds', () => {
  test('give each object with its kind; a kind that is not served has none', async () => {
    await door.createObject(deployment('a'), { dryRun: false }, signal)
    const found = await door.objects(
      'shop',
      ['Deployment', 'ReplicaSet', 'PodMonitor', 'Canary', 'Deployment'],
      signal,
    )
    expect(found.unreadable).toEqual([])
    expect(found.objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
      'apps/v1 Deployment',
      'apps/v1 ReplicaSet',
    ])
  })

  test('an empty one is read twice, and a full one once', async () => {
    await door.createObject(deployment('a'), { dryRun: false }, signal)
    await door.objects('shop', ['Deployment', 'PodDisruptionBudget'], signal)
    const lists = paths().filter((path) => path.startsWith('GET') && !path.includes('/pods'))
    expect(lists).toEqual([
      'GET /apis/apps/v1/namespaces/shop/deployments',
      'GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets',
      'GET /apis/policy/v1/namespaces/shop/poddisruptionbudgets',
    ])
  })

  test('without the right they are named with what is missing, and the others are given', async () => {
    const restricted = await testCluster(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: some, namespace: shop }
rules: [{ apiGroups: [apps], resources: [deployments], verbs: [list, create] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: some, namespace: shop }
subjects: [{ kind: ServiceAccount, name: ci, namespace: shop }]
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: some }
`)
    try {
      const some = await connectTo(restricted.url, { token: 'sandbox-ci-token' })
      await some.createObject(deployment('a'), { dryRun: false }, signal)
      const found = await some.objects('shop', ['HorizontalPodAutoscaler', 'Deployment'], signal)
      expect(found.objects.map(({ metadata }) => metadata.name)).toEqual(['a'])
      expect(found.unreadable).toEqual([
        {
          kind: 'HorizontalPodAutoscaler',
          why: expect.stringContaining('may not list horizontalpodautoscalers.autoscaling in namespace shop'),
        },
      ])
    } finally {
      await restricted.close()
    }
  })

  test.each(['status 404', 'plain 404'] as const)(
    'one %s in place of a list is no proof that its kind is not served',
    async (name) => {
      const { door: odd } = await through(name, ({ path }) => path.includes('/authorizationpolicies'))
      const { code } = await failure(odd.objects('shop', ['AuthorizationPolicy'], signal))
      expect(code).toBe('bad-answer')
    },
  )

  test.each(['status 500', 'html', 'reset connection', 'empty object'] as const)(
    '%s says nothing about a kind',
    async (name) => {
      const { door: odd } = await through(name, ({ path }) => path.includes('/deployments'))
      const { code } = await failure(odd.objects('shop', ['Service', 'Deployment'], signal))
      expect(['server-error', 'bad-answer', 'unreachable']).toContain(code)
    },
  )
})

describe('writes', () => {
  test('a dry run makes nothing; a taken name is refused', async () => {
    const tried = await door.createObject(deployment('a'), { dryRun: true }, signal)
    expect(tried.metadata.resourceVersion).toBeUndefined()
    expect(await door.object(ref('a'), signal)).toBeNull()
    await door.createObject(deployment('a'), { dryRun: false }, signal)
    for (const dryRun of [true, false]) {
      const { code } = await failure(door.createObject(deployment('a'), { dryRun }, signal))
      expect(code).toBe('already-exists')
    }
  })

  test('a patch holds what it was planned on, or is refused', async () => {
    await door.createObject(deployment('a'), { dryRun: false }, signal)
    const patch = (from: string, to: string, dryRun = false) =>
      door.patchObject(
        ref('a'),
        [
          { op: 'test', path: image, value: from },
          { op: 'replace', path: image, value: to },
        ],
        { dryRun },
        signal,
      )
    await patch('app:1', 'app:2', true)
    expect((await failure(patch('app:2', 'app:3'))).code).toBe('conflict')
    expect((await patch('app:1', 'app:2')).metadata.generation).toBe(2)
    const gone = door.patchObject(ref('b'), [], { dryRun: false }, signal)
    expect((await failure(gone)).code).toBe('not-found')
  })

  test('a delete takes the object of that uid, and what it owns, and no other', async () => {
    const made = await door.createObject(deployment('a'), { dryRun: false }, signal)
    await door.deleteObject(ref('a'), 'another-uid', signal)
    expect(await door.object(ref('a'), signal)).not.toBeNull()
    await door.deleteObject(ref('a'), String(made.metadata.uid), signal)
    await cluster.clock.advance(40_000)
    expect((await door.objects('shop', ['Deployment', 'ReplicaSet'], signal)).objects).toEqual([])
    await door.deleteObject(ref('a'), String(made.metadata.uid), signal)
    const [body] = cluster.requests.filter(({ method }) => method === 'DELETE').map(({ body }) => body)
    expect(JSON.parse(body ?? '')).toMatchObject({
      preconditions: { uid: 'another-uid' },
      propagationPolicy: 'Background',
    })
  })

  test.each(['status 404', 'status 409'] as const)(
    'one %s to a delete is not believed while the object is there',
    async (name) => {
      const made = await door.createObject(deployment('a'), { dryRun: false }, signal)
      const { door: odd } = await through(name, ({ method }) => method === 'DELETE')
      const { code } = await failure(odd.deleteObject(ref('a'), String(made.metadata.uid), signal))
      expect(code).toBe(name === 'status 404' ? 'not-found' : 'conflict')
    },
  )

  test('routing kinds are still found under the version that the cluster serves', async () => {
    const found = await door.object({ kind: 'DestinationRule', namespace: 'shop', name: 'a' }, signal)
    expect(found).toBeNull()
    expect(paths()).toContain('GET /apis/networking.istio.io/v1/namespaces/shop/destinationrules/a')
  })
})
