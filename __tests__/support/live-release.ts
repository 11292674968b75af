import type { LiveCluster } from './live-cluster.ts'

/** liveFlags make a short release of two steps in a live cluster. */
export const liveFlags: Readonly<Record<string, string>> = {
  steps: '20,100',
  interval: '10s',
  'min-step-duration': '20s',
  'final-duration': '20s',
  history: '5m',
  'prometheus-url': 'http://127.0.0.1:1',
}

/** leaveAtFirstStep runs such a release to 20% and stops it there, with a post step to come. */
export async function leaveAtFirstStep(
  live: LiveCluster,
  flags: Readonly<Record<string, string>> = liveFlags,
): Promise<void> {
  const cancel = new AbortController()
  await live.run('rollout', flags, {
    hasPost: true,
    signal: cancel.signal,
    onEvent: ({ type }) => {
      if (type === 'settled') cancel.abort()
    },
  })
}

/** A second object that routes to the service: while a release is in flight it carries a part of it. */
export const storefrontManifest = `
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
