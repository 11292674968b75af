import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import { hashText } from '../../../simulation/random.ts'
import type { StoreReader } from '../../cluster/store.ts'

export interface Template {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec?: { containers?: ContainerSpec[]; initContainers?: ContainerSpec[]; [key: string]: unknown }
}

export interface ContainerSpec {
  name: string
  image: string
  [key: string]: unknown
}

const proxyImage = 'docker.io/istio/proxyv2:1.30.3'
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** templateHash names a pod template as ReplicaSets do: equal templates give equal hashes. */
export function templateHash(template: Template): string {
  return letters(
    hashText(JSON.stringify(template), 0x5bd1e995) * 4096 + hashText(JSON.stringify(template), 7),
    9,
  )
}

/** letters writes a number with the letters that generated names use. */
export function letters(number: number, length: number): string {
  let rest = Math.floor(number)
  let text = ''
  while (text.length < length) {
    text += alphabet[rest % alphabet.length]
    rest = Math.floor(rest / alphabet.length) + length
  }
  return text
}

/** podFrom makes the Pod that a ReplicaSet or a Job creates, with Istio's proxy where injection adds it. */
export function podFrom(
  store: StoreReader,
  owner: KubeObject,
  template: Template,
  place: { name: string; node: string },
): KubeObject {
  const namespace = owner.metadata.namespace ?? 'default'
  const labels = { ...template.metadata?.labels }
  const injected = injects(store, namespace, template)
  const spec = { serviceAccountName: 'default', ...template.spec, nodeName: place.node }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: place.name,
      generateName: `${owner.metadata.name}-`,
      namespace,
      labels: { ...labels, ...owner.metadata.labels, ...(injected ? meshLabels(labels) : {}) },
      annotations: { ...template.metadata?.annotations, ...(injected ? meshAnnotations : {}) },
      ownerReferences: [
        {
          apiVersion: owner.apiVersion,
          kind: owner.kind,
          name: owner.metadata.name,
          uid: owner.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        } as NonNullable<KubeObject['metadata']['ownerReferences']>[number],
      ],
    },
    spec: {
      ...spec,
      containers: [...(template.spec?.containers ?? []), ...(injected ? [proxyContainer] : [])],
      ...(injected ? { initContainers: [...(template.spec?.initContainers ?? []), initContainer] } : {}),
    } as unknown as JsonObject,
  }
}

function injects(store: StoreReader, namespace: string, template: Template): boolean {
  const own = template.metadata?.labels?.['sidecar.istio.io/inject']
  if (own !== undefined) return own === 'true'
  if (template.spec?.hostNetwork === true) return false
  const labels = store.get('Namespace', '', namespace)?.metadata.labels ?? {}
  return labels['istio-injection'] === 'enabled' || labels['istio.io/rev'] !== undefined
}

function meshLabels(labels: Record<string, string>): Record<string, string> {
  return {
    'security.istio.io/tlsMode': 'istio',
    'service.istio.io/canonical-name': labels['app.kubernetes.io/name'] ?? labels.app ?? 'unknown',
    'service.istio.io/canonical-revision': labels['app.kubernetes.io/version'] ?? labels.version ?? 'latest',
  }
}

const meshAnnotations = {
  'prometheus.io/path': '/stats/prometheus',
  'prometheus.io/port': '15020',
  'prometheus.io/scrape': 'true',
  'sidecar.istio.io/status':
    '{"initContainers":["istio-init"],"containers":["istio-proxy"],"revision":"default"}',
}

const proxyContainer: ContainerSpec = {
  name: 'istio-proxy',
  image: proxyImage,
  args: ['proxy', 'sidecar'],
  ports: [{ containerPort: 15090, name: 'http-envoy-prom', protocol: 'TCP' }],
  resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2', memory: '1Gi' } },
}

const initContainer: ContainerSpec = { name: 'istio-init', image: proxyImage, args: ['istio-iptables'] }
