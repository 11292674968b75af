import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { type LiveCluster, openLiveCluster } from '../support/live-cluster.ts'

jest.setTimeout(60_000)

const flags = {
  steps: '20,100',
  interval: '10s',
  'min-step-duration': '20s',
  'final-duration': '20s',
  history: '5m',
  'prometheus-url': 'http://127.0.0.1:1',
  watchdog: '10m',
  'watchdog-image': 'registry.example.com/curl:1',
}

/** A second object that routes to the service: a roll-back notes what it does before it moves anything. */
const edge = `
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: storefront, namespace: shop}
spec:
  hosts: [store.example.com]
  gateways: [shop]
  http:
  - route:
    - destination: {host: my-api.shop.svc.cluster.local, subset: v1}
      weight: 100
`

let live: LiveCluster
let left: readonly KubeObject[]
beforeAll(async () => {
  live = await openLiveCluster(edge)
  const cancel = new AbortController()
  await live.run('rollout', flags, {
    hasPost: true,
    signal: cancel.signal,
    onEvent: ({ type }) => {
      if (type === 'settled') cancel.abort()
    },
  })
  left = live.save()
})
afterAll(() => live.close())

test('a watchdog that can not be told keeps no traffic on the canary', async () => {
  live.proxy.choose(({ method, path }) =>
    method !== 'GET' && path.includes('/configmaps')
      ? { kind: 'answer', status: 503, body: 'no backend' }
      : null,
  )
  const warned = () => live.record().some((event) => event.type === 'warning' && event.code === 'watchdog')
  const ends = []
  for (const command of ['abort', 'reconcile'] as const) {
    live.restore(left)
    const { result } = await live.run(command, { 'capacity-timeout': '20s' })
    ends.push([command, result, ...live.canaryShare(), warned()])
  }
  expect(ends).toEqual([
    ['abort', 'rolled-back', 0, true],
    ['reconcile', 'rolled-back', 0, true],
  ])
  live.proxy.choose(null)
})
