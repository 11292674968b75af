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
  lifecycle?: { preStop?: { sleep?: { seconds?: number } } }
  /** `Always` on an init container: it runs on beside the others. */
  restartPolicy?: string
  [key: string]: unknown
}

const proxyImage = 'docker.io/istio/proxyv2:1.30.3'
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/**
 * templateHash names a pod template as ReplicaSets do: equal templates give equal hashes. `collisions` counts the
 * names of this template that others have taken.
 */
export function templateHash(template: Template, collisions: number): string {
  const text = `${JSON.stringify(template)}${collisions === 0 ? '' : collisions}`
  return letters(hashText(text, 0x5bd1e995) * 4096 + hashText(text, 7), 9)
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
          ...(owner.metadata.uid === undefined ? {} : { uid: owner.metadata.uid }),
          controller: true,
          blockOwnerDeletion: true,
        },
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

/** meshLabels gives what injection adds: canonical names only where the template has none of its own. */
function meshLabels(labels: Record<string, string>): Record<string, string> {
  const name = 'service.istio.io/canonical-name'
  const revision = 'service.istio.io/canonical-revision'
  return {
    'security.istio.io/tlsMode': 'istio',
    [name]: labels[name] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? 'unknown',
    [revision]: labels[revision] ?? labels['app.kubernetes.io/version'] ?? labels.version ?? 'latest',
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
