import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../../../src/release/kubernetes.ts'
import { isReady } from '../../../src/sandbox/workloads/pods/readiness.ts'
import { type TestCluster, testCluster } from '../api-client.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await testCluster()
})
afterEach(() => cluster.close())

function deployment(image = 'app:1', replicas = 2, name = 'api-v1'): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: api, version: v1}}
  template:
    metadata: {labels: {app: api, version: v1}}
    spec:
      serviceAccountName: api
      containers: [{name: app, image: "${image}"}]
`
}

const service = `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}
`

const pods = (): readonly KubeObject[] => cluster.store.list('Pod', 'shop')
/** staying gives the pods that aren't being deleted. */
const staying = () => pods().filter(({ metadata }) => metadata.deletionTimestamp === undefined)
const readiness = () => pods().map(isReady)
const seconds = (count: number): Promise<void> => cluster.clock.advance(count * 1000)
// biome-ignore lint/suspicious/noExplicitAny: statuses are looked at from many sides
const statusOf = (object: KubeObject | null | undefined): any => object?.status ?? {}
const appOf = (pod: KubeObject | undefined) =>
  statusOf(pod).containerStatuses.find((entry: { name: string }) => entry.name === 'app')
const shown = () => statusOf(cluster.store.get('Deployment', 'shop', 'api-v1'))

describe('Deployments come to life', () => {
  test('ReplicaSet and pods are named, labelled, owned and injected as real ones', () => {
    cluster.apply(deployment())
    const [set] = cluster.store.list('ReplicaSet', 'shop')
    const hash = set?.metadata.labels?.['pod-template-hash'] as string
    expect(set?.metadata.name).toBe(`api-v1-${hash}`)
    expect(set?.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'Deployment',
      name: 'api-v1',
      controller: true,
    })
    expect(pods()).toHaveLength(2)
    for (const pod of pods()) {
      expect(pod.metadata.name).toMatch(new RegExp(`^api-v1-${hash}-[a-z0-9]{5}$`))
      expect(pod.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'ReplicaSet', uid: set?.metadata.uid })
      expect(pod.metadata.labels).toMatchObject({
        app: 'api',
        version: 'v1',
        'pod-template-hash': hash,
        'service.istio.io/canonical-revision': 'v1',
      })
      const containers = pod.spec?.containers as { name: string }[]
      expect(containers.map(({ name }) => name)).toEqual(['app', 'istio-proxy'])
      expect(statusOf(pod)).toMatchObject({ phase: 'Pending' })
    }
  })

  test('no proxy where the namespace does not ask for it', () => {
    cluster.apply(deployment().replace('namespace: shop', 'namespace: other'))
    const [pod] = cluster.store.list('Pod', 'other')
    expect(pod?.spec?.containers).toHaveLength(1)
  })

  test('pods become ready after a while; status and EndpointSlice follow', async () => {
    cluster.apply(service)
    cluster.apply(deployment())
    expect(shown()).toMatchObject({ replicas: 2, readyReplicas: 0, unavailableReplicas: 2 })
    await seconds(3)
    expect(pods().some(isReady)).toBe(false)
    await seconds(7)
    expect(readiness()).toEqual([true, true])
    expect(new Set(pods().map((pod) => statusOf(pod).podIP)).size).toBe(2)
    expect(shown()).toMatchObject({
      readyReplicas: 2,
      availableReplicas: 2,
      updatedReplicas: 2,
      observedGeneration: 1,
    })
    const slice = cluster.store.list('EndpointSlice', 'shop')[0] as unknown as { endpoints: object[] }
    expect(slice.endpoints).toHaveLength(2)
    expect(slice.endpoints[0]).toMatchObject({ conditions: { ready: true }, targetRef: { kind: 'Pod' } })
  })

  test('scaling by the API, up and down', async () => {
    cluster.apply(deployment())
    await seconds(10)
    const kept = pods().map(({ metadata }) => metadata.name)
    const path = '/apis/apps/v1/namespaces/shop/deployments/api-v1'
    const scale = (replicas: number) =>
      cluster.ask('PATCH', path, { spec: { replicas } }, { type: 'application/strategic-merge-patch+json' })
    await scale(4)
    expect(pods()).toHaveLength(4)
    await seconds(10)
    expect(shown()).toMatchObject({ readyReplicas: 4, observedGeneration: 2 })
    await scale(1)
    expect(staying()).toHaveLength(1)
    await seconds(3)
    expect(pods().map(({ metadata }) => metadata.name)).toEqual([
      expect.stringMatching(new RegExp(kept.join('|'))),
    ])
    expect(shown()).toMatchObject({ replicas: 1, readyReplicas: 1 })
  })

  test('a new template replaces the pods once its own are ready', async () => {
    cluster.apply(deployment())
    await seconds(10)
    const old = pods().map(({ metadata }) => metadata.name)
    cluster.apply(deployment('app:2'))
    expect(
      pods()
        .filter(isReady)
        .map(({ metadata }) => metadata.name),
    ).toEqual(old)
    await seconds(30)
    expect(pods().map((pod) => appOf(pod).image)).toEqual(['app:2', 'app:2'])
    expect(cluster.store.list('ReplicaSet', 'shop')).toHaveLength(2)
    expect(shown()).toMatchObject({ replicas: 2, updatedReplicas: 2, readyReplicas: 2 })
  })

  test('a deleted pod comes back, a deleted Deployment takes all with it', async () => {
    cluster.apply(deployment())
    await seconds(10)
    const name = pods()[0]?.metadata.name
    await cluster.ask('DELETE', `/api/v1/namespaces/shop/pods/${name}`)
    expect(pods()).toHaveLength(3)
    expect(staying()).toHaveLength(2)
    expect(staying().map(({ metadata }) => metadata.name)).not.toContain(name)
    await seconds(3)
    expect(pods().map(({ metadata }) => metadata.name)).not.toContain(name)
    await cluster.ask('DELETE', '/apis/apps/v1/namespaces/shop/deployments/api-v1')
    await seconds(3)
    expect([...pods(), ...cluster.store.list('ReplicaSet', 'shop')]).toEqual([])
  })
})

describe('faults', () => {
  test('an image that cannot be pulled', async () => {
    cluster.workloads.setFault('shop', 'api-v1', { kind: 'imagePull' })
    cluster.apply(deployment())
    await seconds(5)
    expect(appOf(pods()[0]).state.waiting.reason).toBe('ErrImagePull')
    await seconds(60)
    expect(appOf(pods()[0]).state.waiting.reason).toBe('ImagePullBackOff')
    expect(statusOf(pods()[0]).phase).toBe('Pending')
    cluster.workloads.setFault('shop', 'api-v1', null)
    await seconds(10)
    expect(readiness()).toEqual([true, true])
  })

  test('pods that find no node', async () => {
    cluster.workloads.setFault('shop', 'api-v1', { kind: 'unschedulable' })
    cluster.apply(deployment())
    await seconds(60)
    const status = statusOf(pods()[0])
    expect(status.conditions[0]).toMatchObject({
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
    })
    expect(status.podIP).toBeUndefined()
  })

  test('running pods that crash again and again, with growing pauses', async () => {
    cluster.apply(deployment('app:1', 1))
    await seconds(10)
    cluster.workloads.setFault('shop', 'api-v1', { kind: 'crashLoop', afterSeconds: 20 })
    await seconds(19)
    expect(readiness()).toEqual([true])
    await seconds(2)
    expect(pods().some(isReady)).toBe(false)
    expect(appOf(pods()[0])).toMatchObject({
      restartCount: 1,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
    })
    await seconds(18)
    expect(readiness()).toEqual([true])
    await seconds(12)
    expect(appOf(pods()[0]).restartCount).toBe(2)
    const proxy = statusOf(pods()[0]).containerStatuses[1]
    expect(proxy).toMatchObject({ name: 'istio-proxy', restartCount: 0, ready: true })
  })

  test('pods that take their time', async () => {
    cluster.workloads.setFault('shop', 'api-v1', { kind: 'slow', seconds: 90 })
    cluster.apply(deployment())
    await seconds(85)
    expect(pods().some(isReady)).toBe(false)
    await seconds(10)
    expect(readiness()).toEqual([true, true])
  })
})
