/** serviceManifest is the Service whose releases are shown. */
export const serviceManifest = `
apiVersion: v1
kind: Service
metadata: {name: my-api, namespace: shop, labels: {app: my-api}}
spec:
  selector: {app: my-api}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
`

/** callerManifest is a workload in the mesh that calls it. */
export const callerManifest = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, version: v1}}
    spec:
      containers: [{name: web, image: "registry.example.com/web:v1"}]
---
`

/** deploymentManifest is one version of the service: a Deployment of its own, with a version label. */
export function deploymentManifest(version: string): string {
  return deployment(`my-api-${version}`, `app: my-api, version: ${version}`, version)
}

/** plainManifest is the service as one Deployment, without any version in its labels. */
export const plainManifest = deployment('my-api', 'app: my-api', 'v1')

/** trackManifests are the service as two standing Deployments; the canary's runs an older image. */
export const trackManifests = [
  deployment('my-api-stable', 'app: my-api, track: stable', 'v1'),
  deployment('my-api-canary', 'app: my-api, track: canary', 'v0', 1),
].join('')

function deployment(name: string, labels: string, tag: string, replicas = 3): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: shop, labels: {${labels}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}}}
    spec:
      containers:
      - name: my-api
        image: registry.example.com/my-api:${tag}
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 100m, memory: 128Mi}}
---
`
}

/** routeManifests send everything to one version, for callers in the mesh and at the edge. */
export function routeManifests(version: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: shop, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: [shop.example.com]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-api, namespace: shop}
spec:
  host: my-api.shop.svc.cluster.local
  subsets:
  - name: ${version}
    labels: {version: ${version}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-api, namespace: shop}
spec:
  hosts: [my-api.shop.svc.cluster.local, shop.example.com]
  gateways: [mesh, shop]
  http:
  - name: main
    timeout: 2s
    route:
    - destination: {host: my-api.shop.svc.cluster.local, subset: ${version}}
      weight: 100
---
`
}
