import { expect, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { applyWrites, planMirror, planPin, planPreview, planRestore, restoreOf } from './istio.ts'

const host = 'my-api.shop.svc.cluster.local'
const metadata = { name: 'my-api', namespace: 'shop', resourceVersion: '1' }
const snapshot: RoutingSnapshot = {
  apiVersion: 'networking.istio.io/v1',
  virtualServices: [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: { hosts: [host], http: [{ route: [{ destination: { host, subset: 'v1' } }] }] },
    },
  ],
  destinationRules: [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata,
      spec: {
        host,
        subsets: ['v1', 'v2'].map((version) => ({ name: version, labels: { version } })),
      },
    },
  ],
  unreadable: [],
}
const pair = {
  namespace: 'shop',
  service: 'my-api',
  clusterDomain: 'cluster.local',
  stable: { version: 'v1', subset: 'v1' },
  canary: { version: 'v2', subset: 'v2' },
}

test('a rollback takes out a preview and a mirror that stand there together', () => {
  const restore = restoreOf(snapshot, pair)
  const done = (from: RoutingSnapshot, plan: ReturnType<typeof planPin>) => {
    if (!plan.ok) throw new Error(plan.problems[0]?.text)
    return applyWrites(from, plan.writes)
  }
  const pinned = done(snapshot, planPin(snapshot, pair))
  const shown = done(pinned, planPreview(pinned, pair, { header: 'x-canary', value: 'yes' }))
  const both = done(shown, planMirror(shown, pair, 20))
  const back = done(both, planRestore(both, pair, restore))
  const spec = (state: RoutingSnapshot) => (state.virtualServices[0] as KubeObject).spec
  expect(spec(both)).not.toEqual(spec(pinned))
  expect(spec(back)).toEqual(spec(pinned))
})
