import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../../../src/release/kubernetes.ts'
import { isReady } from '../../../src/sandbox/workloads/pods/readiness.ts'
import { type TestCluster, testCluster } from '../api-client.ts'

let cluster: TestCluster

beforeEach(async () => {
  cluster = await testCluster()
})
afterEach(() => cluster.close())

interface Options {
  name?: string
  image?: string
  replicas?: number
  extra?: string
  container?: string
}

function deployment(options: Options = {}): string {
  const { name = 'api', image = 'app:1', replicas = 2, extra = '', container = '' } = options
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop}
spec:
  replicas: ${replicas}
  ${extra}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}, annotations: {sidecar.istio.io/inject: "false"}}
    spec:
      containers: [{name: app, image: "${image}"${container}}]
`
}

const apps = '/apis/apps/v1/namespaces/shop/deployments'
const json = { type: 'application/json-patch+json' }
const seconds = (count: number): Promise<void> => cluster.clock.advance(count * 1000)
const pods = () => cluster.store.list('Pod', 'shop')
const staying = () => pods().filter(({ metadata }) => metadata.deletionTimestamp === undefined)
// biome-ignore lint/suspicious/noExplicitAny: statuses are looked at from many sides
const statusOf = (object: KubeObject | null | undefined): any => object?.status ?? {}
const shown = (kind: string, name = 'api') => statusOf(cluster.store.get(kind, 'shop', name))
const conditionOf = (kind: string, type: string, name = 'api') =>
  shown(kind, name).conditions?.find((condition: { type: string }) => condition.type === type)
const imagesOf = (list: readonly KubeObject[]) =>
  list.map(({ spec }) => ((spec?.containers ?? []) as unknown as { image: string }[])[0]?.image)
const setImage = (image: string) =>
  cluster.ask(
    'PATCH',
    `${apps}/api`,
    [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }],
    json,
  )

describe('a rolling update', () => {
  test('keeps to surge and unavailability while it goes, and counts what is updated', async () => {
    const extra = 'strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}'
    cluster.apply(deployment({ replicas: 3, extra }))
    await seconds(10)
    await setImage('app:2')
    const updated: number[] = []
    for (let second = 0; second < 60; second++) {
      await seconds(1)
      expect(staying().length).toBeLessThanOrEqual(4)
      expect(staying().filter(isReady).length).toBeGreaterThanOrEqual(3)
      updated.push(shown('Deployment').updatedReplicas)
    }
    expect(updated).toEqual([...updated].sort())
    expect(imagesOf(pods())).toEqual(['app:2', 'app:2', 'app:2'])
    expect(conditionOf('Deployment', 'Progressing')).toMatchObject({
      status: 'True',
      reason: 'NewReplicaSetAvailable',
    })
    expect(shown('Deployment')).toMatchObject({
      observedGeneration: 2,
      updatedReplicas: 3,
      availableReplicas: 3,
    })
  })

  test('stops at an image that is missing: the old pods stay, the deadline passes', async () => {
    const extra = 'progressDeadlineSeconds: 30'
    cluster.apply(deployment({ replicas: 4, extra }))
    await seconds(10)
    await setImage('app:missing-1')
    await seconds(60)
    expect(staying().filter(isReady)).toHaveLength(3)
    const waiting = staying()
      .flatMap((pod) => statusOf(pod).containerStatuses)
      .map(({ state }) => state.waiting?.reason)
      .filter((reason) => reason !== undefined)
    expect(new Set(waiting)).toEqual(new Set(['ImagePullBackOff']))
    expect(conditionOf('Deployment', 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    })
    await setImage('app:1')
    await seconds(20)
    expect(imagesOf(staying())).toEqual(Array(4).fill('app:1'))
    expect(cluster.store.list('ReplicaSet', 'shop')).toHaveLength(2)
  })

  test('Recreate: no new pod before the last old one is gone', async () => {
    cluster.apply(deployment({ extra: 'strategy: {type: Recreate}' }))
    await seconds(10)
    await setImage('app:2')
    await seconds(1)
    expect(imagesOf(pods())).toEqual(['app:1', 'app:1'])
    expect(staying()).toEqual([])
    await seconds(20)
    expect(imagesOf(pods())).toEqual(['app:2', 'app:2'])
  })

  test('paused: the template waits, the replicas do not', async () => {
    cluster.apply(deployment())
    await seconds(10)
    await cluster.ask('PATCH', `${apps}/api`, [{ op: 'add', path: '/spec/paused', value: true }], json)
    await setImage('app:2')
    await cluster.ask('PATCH', `${apps}/api`, [{ op: 'replace', path: '/spec/replicas', value: 3 }], json)
    await seconds(10)
    expect(imagesOf(staying())).toEqual(['app:1', 'app:1', 'app:1'])
    expect(conditionOf('Deployment', 'Progressing')).toMatchObject({ reason: 'DeploymentPaused' })
  })
})

describe('digests', () => {
  const digests = () => pods().map((pod) => statusOf(pod).containerStatuses[0].imageID)

  test('pods of one name run what it held when they started', async () => {
    cluster.apply(deployment({ image: 'ghcr.io/octo/api:1', replicas: 1 }))
    await seconds(10)
    cluster.workloads.pushImage('ghcr.io/octo/api:1')
    await cluster.ask(
      'PATCH',
      `${apps}/api/scale`,
      { spec: { replicas: 2 } },
      { type: 'application/merge-patch+json' },
    )
    await seconds(10)
    expect(new Set(digests()).size).toBe(2)
    for (const id of digests()) expect(id).toMatch(/^ghcr\.io\/octo\/api@sha256:[0-9a-f]{64}$/)
  })

  test('an image named by digest runs that digest', async () => {
    const digest = `sha256:${'ab'.repeat(32)}`
    cluster.apply(deployment({ image: `ghcr.io/octo/api:1@${digest}`, replicas: 1 }))
    await seconds(10)
    expect(digests()).toEqual([`ghcr.io/octo/api@${digest}`])
  })
})

describe('what stands in the way of pods', () => {
  test('a quota: as many pods as fit, the Deployment says why, and goes on when there is room', async () => {
    cluster.apply(`
apiVersion: v1
kind: ResourceQuota
metadata: {name: small, namespace: shop}
spec: {hard: {pods: "1"}}
`)
    cluster.apply(deployment())
    await seconds(10)
    expect(pods()).toHaveLength(1)
    expect(conditionOf('Deployment', 'ReplicaFailure')).toMatchObject({
      reason: 'FailedCreate',
      message: expect.stringMatching(
        /is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1/,
      ),
    })
    expect(shown('ResourceQuota', 'small')).toEqual({ hard: { pods: '1' }, used: { pods: '1' } })
    await cluster.ask(
      'PATCH',
      '/api/v1/namespaces/shop/resourcequotas/small',
      [{ op: 'replace', path: '/spec/hard/pods', value: '4' }],
      json,
    )
    await seconds(15)
    expect(pods().filter(isReady)).toHaveLength(2)
    expect(conditionOf('Deployment', 'ReplicaFailure')).toBeUndefined()
  })

  test("Pod Security: the level of the namespace, in the server's words", async () => {
    await cluster.ask(
      'PATCH',
      '/api/v1/namespaces/shop',
      { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
      { type: 'application/merge-patch+json' },
    )
    cluster.apply(deployment())
    await seconds(5)
    expect(pods()).toEqual([])
    expect(conditionOf('Deployment', 'ReplicaFailure').message).toMatch(
      /violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "app" must set/,
    )
  })
})

describe('deletions', () => {
  const owned = (uid: string) => `
apiVersion: v1
kind: ConfigMap
metadata:
  name: kept
  namespace: shop
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api, uid: "${uid}"}]
data: {a: b}
`
  const uidOf = () => cluster.store.get('Deployment', 'shop', 'api')?.metadata.uid ?? ''

  test.each([
    ['Background', 0],
    ['Orphan', 1],
  ])('%s', async (propagationPolicy, left) => {
    cluster.apply(deployment())
    cluster.apply(owned(uidOf()))
    await seconds(10)
    await cluster.ask('DELETE', `${apps}/api`, { propagationPolicy })
    await seconds(5)
    expect(cluster.store.get('Deployment', 'shop', 'api')).toBeNull()
    expect(cluster.store.list('ReplicaSet', 'shop')).toHaveLength(left)
    expect(
      cluster.store.list('ConfigMap', 'shop').filter(({ metadata }) => metadata.name === 'kept'),
    ).toHaveLength(left)
  })

  test('Foreground: the owner goes last', async () => {
    cluster.apply(deployment())
    await seconds(10)
    const answer = await cluster.ask('DELETE', `${apps}/api`, { propagationPolicy: 'Foreground' })
    expect(answer.body.metadata.finalizers).toEqual(['foregroundDeletion'])
    await seconds(5)
    expect(cluster.store.get('Deployment', 'shop', 'api')).toBeNull()
    expect(pods()).toEqual([])
  })

  test('a UID that does not fit is a conflict, and nothing goes', async () => {
    cluster.apply(deployment())
    const answer = await cluster.ask('DELETE', `${apps}/api`, { preconditions: { uid: 'another' } })
    expect(answer.status).toBe(409)
    expect(answer.body.message).toMatch(/the UID in the precondition \(another\) does not match/)
    expect(cluster.store.get('Deployment', 'shop', 'api')).not.toBeNull()
  })
})

describe('autoscalers and budgets', () => {
  const autoscaler = (name: string, target: string, min = 2, max = 6) => `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: ${name}, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: ${target}}
  minReplicas: ${min}
  maxReplicas: ${max}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
`
  const requests = ', resources: {requests: {cpu: 100m}}'

  test('the minimum holds without any load', async () => {
    cluster.apply(deployment({ replicas: 1, container: requests }))
    cluster.apply(autoscaler('api', 'api', 3))
    await seconds(30)
    expect(staying()).toHaveLength(3)
    expect(conditionOf('HorizontalPodAutoscaler', 'AbleToScale')).toMatchObject({ status: 'True' })
  })

  test('idle pods go once the window of scaling down has passed', async () => {
    cluster.apply(deployment({ replicas: 5, container: requests }))
    cluster.apply(autoscaler('api', 'api', 2))
    await seconds(60)
    expect(staying().length).toBeLessThanOrEqual(5)
    await seconds(330)
    expect(staying()).toHaveLength(2)
  })

  test('without a CPU request nothing is known, and nothing is scaled', async () => {
    cluster.apply(deployment({ replicas: 3 }))
    cluster.apply(autoscaler('api', 'api', 2))
    await seconds(400)
    expect(staying()).toHaveLength(3)
    expect(conditionOf('HorizontalPodAutoscaler', 'ScalingActive')).toMatchObject({
      reason: 'FailedGetResourceMetric',
      message: expect.stringContaining('missing request for cpu in container app'),
    })
  })

  test('two over the same pods both stop, and the pods stay as they are', async () => {
    cluster.apply(deployment({ replicas: 3, container: requests }))
    cluster.apply(autoscaler('api', 'api', 2))
    cluster.apply(autoscaler('second', 'api', 2))
    await seconds(400)
    expect(staying()).toHaveLength(3)
    for (const name of ['api', 'second']) {
      expect(conditionOf('HorizontalPodAutoscaler', 'ScalingActive', name)).toMatchObject({
        status: 'False',
        reason: 'AmbiguousSelector',
      })
    }
  })

  test('a budget counts what may go', async () => {
    cluster.apply(`
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: api, namespace: shop}
spec: {minAvailable: 50%, selector: {matchLabels: {app: api}}}
`)
    cluster.apply(deployment({ replicas: 3 }))
    expect(shown('PodDisruptionBudget')).toMatchObject({ currentHealthy: 0, disruptionsAllowed: 0 })
    await seconds(10)
    expect(shown('PodDisruptionBudget')).toMatchObject({
      expectedPods: 3,
      currentHealthy: 3,
      desiredHealthy: 2,
      disruptionsAllowed: 1,
    })
  })
})

describe('/scale', () => {
  test('shows and sets the replicas alone', async () => {
    cluster.apply(deployment())
    const { body } = await cluster.ask('GET', `${apps}/api/scale`)
    expect(body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=api' } })
    const answer = await cluster.ask('PUT', `${apps}/api/scale`, { ...body, spec: { replicas: 4 } })
    expect(answer.body.spec).toEqual({ replicas: 4 })
    expect(cluster.store.get('Deployment', 'shop', 'api')?.spec?.replicas).toBe(4)
    const stale = await cluster.ask('PUT', `${apps}/api/scale`, { ...body, spec: { replicas: 1 } })
    expect(stale.status).toBe(409)
  })
})
