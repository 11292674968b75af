/** versionService is the Service of one version, by which routes tell versions apart. */
export const versionService = (version: string) => `
apiVersion: v1
kind: Service
metadata: {name: my-api-${version}, namespace: shop, labels: {app: my-api}}
spec:
  selector: {app: my-api, version: ${version}}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
`

/** hostRoutes sends everything to the Service of v1. */
export const hostRoutes = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-api, namespace: shop}
spec:
  hosts: [my-api]
  http:
  - name: main
    timeout: 2s
    route:
    - destination: {host: my-api-v1}
---
`
