import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { callerManifest, plainManifest, serviceManifest } from '../../src/sandbox/scenarios/shop.ts'
import { systemManifests } from '../../src/sandbox/scenarios/system.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { releaseIn } from '../support/wire.ts'

/** What the mesh is told about the host, and what scales the Deployment: the temporary canary is to get the same. */
const beside = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: my-api-scaler, namespace: shop}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: my-api}
  minReplicas: 2
  maxReplicas: 9
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-api, namespace: shop}
spec:
  host: my-api.shop.svc.cluster.local
  trafficPolicy: {connectionPool: {http: {http1MaxPendingRequests: 1000}}}
`
const rbac = ['rbac', 'workloads-rbac']
  .map((name) => readFileSync(`examples/manifests/${name}.yaml`, 'utf8'))
  .join('\n---\n')
const flags = { ...quickFlags, image: 'registry.example.com/my-api:v2' }
const options = () => {
  // Without a request of its own a Deployment is not scaled by its load.
  const deployed = plainManifest.replace(/^ *resources:.*\n/m, '')
  const manifests = [systemManifests, serviceManifest, callerManifest, deployed, beside].join('\n---\n')
  return { scenario: quickScenario({ deploy: '', manifests }), seed: 3, rbac }
}

/** All that a release could have left: objects of the canary's, and the places that traffic goes to, with its share. */
function left(sandbox: Sandbox) {
  const made = ['Deployment', 'Service', 'DestinationRule', 'HorizontalPodAutoscaler'].flatMap((kind) =>
    sandbox.store
      .list(kind, 'shop')
      .flatMap(({ metadata }) => (/canary/.test(metadata.name) ? [`${kind} ${metadata.name}`] : [])),
  )
  const routes = sandbox.store
    .list('VirtualService', 'shop')
    .flatMap(({ spec }) =>
      ((spec?.http ?? []) as { route: { destination: { host: string }; weight?: number }[] }[]).flatMap(
        ({ route }) =>
          route.map(({ destination, weight }) => `${destination.host.split('.')[0]} ${weight ?? 100}`),
      ),
    )
  const scaler = sandbox.store.get('HorizontalPodAutoscaler', 'shop', 'my-api-scaler')
  const { annotations } = scaler?.metadata ?? {}
  return { made, routes, image: imageOf(sandbox), scaler: [scaler?.spec?.minReplicas, annotations ?? {}] }
}

function imageOf(sandbox: Sandbox): unknown {
  const template = sandbox.store.get('Deployment', 'shop', 'my-api')?.spec?.template
  return (template as { spec: { containers: { image: string }[] } }).spec.containers[0]?.image.split(':')[1]
}

describe('one plain Deployment', () => {
  test('gets the image after the last pass, takes the traffic back in steps, and nothing is left', async () => {
    await withBench(options(), async ({ sandbox, run }) => {
      const { code, outcome, stdout } = await run('rollout', flags, {
        onLine: (line) => {
          if (/^step 2: passed/.test(line)) expect(imageOf(sandbox)).toBe('v1')
        },
      })
      expect({ code, ...outcome }).toMatchObject({
        code: 0,
        result: 'promoted',
        stableVersion: 'v1',
        canaryVersion: 'v2',
      })
      const order = [
        'changed HorizontalPodAutoscaler shop/my-api-scaler: at least 3 replicas',
        'created Service shop/my-api-canary',
        'created DestinationRule shop/my-api-canary',
        'created Deployment shop/my-api-canary',
        '20% of my-api to v2',
        'created HorizontalPodAutoscaler shop/my-api-canary: at least 3 replicas',
        'step 2: passed',
        'changed Deployment shop/my-api: image',
        'handing-back: 50%',
        'handing-back: 100%',
        'taken out of the routes',
        'removed HorizontalPodAutoscaler shop/my-api-canary',
        'removed Deployment shop/my-api-canary',
        'changed HorizontalPodAutoscaler shop/my-api-scaler: at least 2 replicas',
      ].map((words) => stdout.indexOf(words))
      expect(order).toEqual([...order].sort((a, b) => a - b))
      expect(order).not.toContain(-1)
      expect(left(sandbox)).toEqual({ made: [], routes: ['my-api 100'], image: 'v2', scaler: [2, {}] })
      expect((await run('rollout', flags)).outcome).toMatchObject({ exitCode: 0, result: 'already-promoted' })
      const back = await run('rollback')
      expect(back.outcome).toMatchObject({ exitCode: 0, result: 'rolled-back', stableVersion: 'v1' })
      expect(left(sandbox)).toEqual({ made: [], routes: ['my-api 100'], image: 'v1', scaler: [2, {}] })
      expect(sandbox.requests.filter(({ status }) => status === 401 || status === 403)).toEqual([])
    })
  }, 90_000)

  test('that can’t take over leaves the traffic with the canary, and the same release again finishes', async () => {
    await withBench(options(), async ({ sandbox, run }) => {
      const soon = { ...flags, 'capacity-timeout': '2m' }
      const { code, outcome } = await run('rollout', soon, {
        onLine: (line) => {
          if (line.startsWith('taking-over'))
            sandbox.workloads.setFault('shop', 'my-api', { kind: 'imagePull' })
        },
      })
      expect({ code, ...outcome }).toMatchObject({
        code: 4,
        result: 'in-progress',
        reasonCode: 'takeover-failed',
        weight: 100,
      })
      expect(left(sandbox).routes).toEqual(['my-api 0', 'my-api-canary 100'])
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'paused', reason: 'takeover-failed' })
      sandbox.workloads.setFault('shop', 'my-api', null)
      const again = await run('rollout', flags)
      expect(again.outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(left(sandbox)).toEqual({ made: [], routes: ['my-api 100'], image: 'v2', scaler: [2, {}] })
    })
  }, 90_000)
})
