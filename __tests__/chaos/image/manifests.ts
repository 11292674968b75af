import type { JsonObject, KubeObject } from '../../../src/release/kubernetes.ts'

const namespace = 'shop'

/** What the standing canary has before any release. */
export const borrowedBefore = { replicas: 1, image: 'ghcr.io/octo/my-api:v0' }

/** trackService is two standing Deployments behind one Service, told apart by one label. */
export function trackService(replicas: number, key: string): KubeObject[] {
  const labels = (track: string) => ({ app: 'my-api', [key]: track })
  return [
    service('my-api', { app: 'my-api' }),
    deployment('my-api', labels('stable'), 'ghcr.io/octo/my-api:v1', replicas),
    deployment('my-api-canary', labels('canary'), borrowedBefore.image, borrowedBefore.replicas),
  ]
}

/** trackRoutes are the routes of such a Service that the pipeline has already: all of it goes to stable. */
export function trackRoutes(key: string): KubeObject[] {
  const apiVersion = 'networking.istio.io/v1'
  const metadata = { name: 'my-api', namespace }
  const subset = (name: string) => ({ name, labels: { [key]: name } })
  const to = (name: string, weight: number) => ({ destination: { host: 'my-api', subset: name }, weight })
  return [
    {
      apiVersion,
      kind: 'DestinationRule',
      metadata,
      spec: { host: 'my-api', subsets: [subset('stable'), subset('canary')] },
    },
    {
      apiVersion,
      kind: 'VirtualService',
      metadata,
      spec: { hosts: ['my-api'], http: [{ route: [to('stable', 100), to('canary', 0)] }] },
    },
  ]
}

/** plainService is one plain Deployment, its Service, who may call it, and what the mesh is told about its host. */
export function plainService(replicas: number): KubeObject[] {
  return [
    service('my-api', { app: 'my-api' }),
    deployment('my-api', { app: 'my-api' }, 'ghcr.io/octo/my-api:v1', replicas),
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'my-api', namespace },
      spec: { selector: { matchLabels: { app: 'my-api' } }, rules: [{}] },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'my-api', namespace },
      spec: { host: 'my-api.shop.svc.cluster.local', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
    },
  ]
}

function service(name: string, selector: Record<string, string>): KubeObject {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }]
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector, ports } }
}

function deployment(
  name: string,
  labels: Record<string, string>,
  image: string,
  replicas: number,
): KubeObject {
  const template = { metadata: { labels }, spec: { containers: [{ name: 'my-api', image }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: { replicas, selector: { matchLabels: labels }, template } as unknown as JsonObject,
  }
}
