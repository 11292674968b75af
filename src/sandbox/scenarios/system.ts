/** istioVersion is what the sandbox's control plane and proxies claim to be. */
export const istioVersion = '1.30.3'

function node(name: string, address: string): string {
  return `
apiVersion: v1
kind: Node
metadata:
  name: ${name}
  labels: {kubernetes.io/hostname: ${name}, node.kubernetes.io/instance-type: n2-standard-8, topology.kubernetes.io/zone: zone-a}
status:
  capacity: {cpu: "8", memory: 32Gi, pods: "110"}
  allocatable: {cpu: "8", memory: 31Gi, pods: "110"}
  conditions: [{type: Ready, status: "True", reason: KubeletReady}]
  addresses: [{type: InternalIP, address: ${address}}, {type: Hostname, address: ${name}}]
  nodeInfo: {kubeletVersion: v1.34.0}
---`
}

function systemDeployment(
  name: string,
  labels: string,
  image: string,
  container: string,
  replicas: number,
): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: istio-system, labels: {${labels}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {${labels}}}
  template:
    metadata: {labels: {${labels}, sidecar.istio.io/inject: "false"}}
    spec:
      serviceAccountName: ${name}
      containers: [{name: ${container}, image: "${image}", resources: {requests: {cpu: 500m, memory: 2Gi}}}]
---`
}

function namespace(name: string, injected: boolean): string {
  return `
apiVersion: v1
kind: Namespace
metadata: {name: ${name}${injected ? ', labels: {istio-injection: enabled}' : ''}}
---`
}

/** systemManifests is the cluster that every scenario starts with: nodes, namespaces, Istio and Prometheus. */
export const systemManifests = `
${namespace('default', false)}
${namespace('kube-system', false)}
${namespace('istio-system', false)}
${namespace('shop', true)}
${node('node-1', '10.0.0.11')}
${node('node-2', '10.0.0.12')}
${node('node-3', '10.0.0.13')}
${systemDeployment('istiod', 'app: istiod, istio: pilot, istio.io/rev: default', `docker.io/istio/pilot:${istioVersion}`, 'discovery', 2)}
${systemDeployment('istio-ingressgateway', 'app: istio-ingressgateway, istio: ingressgateway', `docker.io/istio/proxyv2:${istioVersion}`, 'istio-proxy', 2)}
${systemDeployment('prometheus', 'app.kubernetes.io/name: prometheus', 'docker.io/prom/prometheus:v3.5.0', 'prometheus', 1)}
apiVersion: v1
kind: Service
metadata: {name: istiod, namespace: istio-system, labels: {app: istiod, istio: pilot, istio.io/rev: default}}
spec:
  selector: {app: istiod, istio: pilot}
  ports: [{name: grpc-xds, port: 15010}, {name: https-dns, port: 15012}, {name: https-webhook, port: 443, targetPort: 15017}, {name: http-monitoring, port: 15014}]
---
apiVersion: v1
kind: Service
metadata: {name: istio-ingressgateway, namespace: istio-system, labels: {app: istio-ingressgateway, istio: ingressgateway}}
spec:
  type: LoadBalancer
  selector: {app: istio-ingressgateway, istio: ingressgateway}
  ports: [{name: http2, port: 80, targetPort: 8080}, {name: https, port: 443, targetPort: 8443}]
---
apiVersion: v1
kind: Service
metadata: {name: prometheus, namespace: istio-system}
spec:
  selector: {app.kubernetes.io/name: prometheus}
  ports: [{name: http, port: 9090}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system, labels: {istio.io/rev: default}}
data:
  mesh: |
    defaultConfig:
      discoveryAddress: istiod.istio-system.svc:15012
    defaultProviders:
      metrics: [prometheus]
    enablePrometheusMerge: true
    rootNamespace: istio-system
    trustDomain: cluster.local
  meshNetworks: 'networks: {}'
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio-sidecar-injector, namespace: istio-system, labels: {istio.io/rev: default}}
data:
  values: '{"global":{"proxy":{"clusterDomain":"cluster.local","resources":{"requests":{"cpu":"100m","memory":"128Mi"}}}}}'
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: istio-sidecar-injector, labels: {app: sidecar-injector, istio.io/rev: default}}
webhooks:
- name: namespace.sidecar-injector.istio.io
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {service: {name: istiod, namespace: istio-system, path: /inject, port: 443}}
  namespaceSelector: {matchLabels: {istio-injection: enabled}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: istiod-default-validator, labels: {app: istiod, istio: istiod, istio.io/rev: default}}
webhooks:
- name: validation.istio.io
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail
  clientConfig: {service: {name: istiod, namespace: istio-system, path: /validate, port: 443}}
  rules:
  - {apiGroups: [security.istio.io, networking.istio.io, telemetry.istio.io], apiVersions: ["*"], operations: [CREATE, UPDATE], resources: ["*"]}
---
`
