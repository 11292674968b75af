import type { JsonObject, KubeObject } from '../../../src/release/kubernetes.ts'

const namespace = 'shop'

/** plainService is one plain Deployment, its Service, and what the mesh is told about its host. */
export function plainService(replicas: number): KubeObject[] {
  return [
    service('my-api', { app: 'my-api' }),
    deployment('my-api', { app: 'my-api' }, 'ghcr.io/octo/my-api:v1', replicas),
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
