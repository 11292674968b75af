import { Failure } from '../../release/failure.ts'

/** Kind is one sort of object that the API serves. Names are unique among the kinds served here. */
export interface Kind {
  group: string
  /** Served versions, the preferred one first. */
  versions: readonly string[]
  kind: string
  plural: string
  singular: string
  shortNames: readonly string[]
  namespaced: boolean
  /** Defined by a CustomResourceDefinition: no strategic merge patch, a PUT needs the resourceVersion. */
  custom: boolean
  /** What has a status of its own: writes to the main resource leave it alone. */
  status: boolean
  /** Answers to `/scale`. */
  scale: boolean
  /** Served only once its CustomResourceDefinition is there. */
  optional: boolean
}

type Traits = Partial<Omit<Kind, 'group' | 'versions' | 'kind' | 'singular'>>

function define(group: string, versions: string[], kind: string, traits: Traits = {}): Kind {
  const singular = kind.toLowerCase()
  return {
    group,
    versions,
    kind,
    plural: traits.plural ?? `${singular}s`,
    singular,
    shortNames: traits.shortNames ?? [],
    namespaced: traits.namespaced ?? true,
    custom: traits.custom ?? false,
    status: traits.status ?? false,
    scale: traits.scale ?? false,
    optional: traits.optional ?? false,
  }
}

const istio = ['v1', 'v1beta1', 'v1alpha3']

/** kinds is everything that the embedded API serves; what isn't here is answered with a plain 404. */
export const kinds: readonly Kind[] = [
  define('', ['v1'], 'Namespace', { namespaced: false, shortNames: ['ns'], status: true }),
  define('', ['v1'], 'Node', { namespaced: false, shortNames: ['no'], status: true }),
  define('', ['v1'], 'Service', { shortNames: ['svc'], status: true }),
  define('', ['v1'], 'Pod', { shortNames: ['po'], status: true }),
  define('', ['v1'], 'ConfigMap', { shortNames: ['cm'] }),
  define('', ['v1'], 'ServiceAccount', { shortNames: ['sa'] }),
  define('', ['v1'], 'ResourceQuota', { shortNames: ['quota'], status: true }),
  define('', ['v1'], 'PersistentVolumeClaim', { shortNames: ['pvc'], status: true }),
  define('apps', ['v1'], 'Deployment', { shortNames: ['deploy'], status: true, scale: true }),
  define('apps', ['v1'], 'ReplicaSet', { shortNames: ['rs'], status: true, scale: true }),
  define('apps', ['v1'], 'StatefulSet', { shortNames: ['sts'], status: true, scale: true }),
  define('apps', ['v1'], 'DaemonSet', { shortNames: ['ds'], status: true }),
  define('batch', ['v1'], 'Job', { status: true }),
  define('batch', ['v1'], 'CronJob', { shortNames: ['cj'], status: true }),
  define('autoscaling', ['v2', 'v1'], 'HorizontalPodAutoscaler', { shortNames: ['hpa'], status: true }),
  define('policy', ['v1'], 'PodDisruptionBudget', { shortNames: ['pdb'], status: true }),
  define('coordination.k8s.io', ['v1'], 'Lease'),
  define('networking.k8s.io', ['v1'], 'NetworkPolicy', { plural: 'networkpolicies', shortNames: ['netpol'] }),
  define('apiextensions.k8s.io', ['v1'], 'CustomResourceDefinition', {
    namespaced: false,
    shortNames: ['crd'],
    status: true,
  }),
  define('discovery.k8s.io', ['v1'], 'EndpointSlice'),
  define('admissionregistration.k8s.io', ['v1'], 'MutatingWebhookConfiguration', { namespaced: false }),
  define('admissionregistration.k8s.io', ['v1'], 'ValidatingWebhookConfiguration', { namespaced: false }),
  define('networking.istio.io', istio, 'VirtualService', { custom: true, status: true, shortNames: ['vs'] }),
  define('networking.istio.io', istio, 'DestinationRule', { custom: true, status: true, shortNames: ['dr'] }),
  define('networking.istio.io', istio, 'Gateway', { custom: true, status: true, shortNames: ['gw'] }),
  define('networking.istio.io', istio, 'Sidecar', { custom: true, status: true }),
  define('networking.istio.io', istio, 'ServiceEntry', {
    custom: true,
    status: true,
    plural: 'serviceentries',
    shortNames: ['se'],
  }),
  define('networking.istio.io', ['v1alpha3'], 'EnvoyFilter', { custom: true, status: true }),
  define('security.istio.io', ['v1', 'v1beta1'], 'PeerAuthentication', {
    custom: true,
    status: true,
    shortNames: ['pa'],
  }),
  define('security.istio.io', ['v1', 'v1beta1'], 'AuthorizationPolicy', {
    custom: true,
    status: true,
    plural: 'authorizationpolicies',
    shortNames: ['ap'],
  }),
  define('security.istio.io', ['v1', 'v1beta1'], 'RequestAuthentication', { custom: true, status: true }),
  define('networking.istio.io', ['v1beta1'], 'ProxyConfig', { custom: true, status: true }),
  define('telemetry.istio.io', ['v1', 'v1alpha1'], 'Telemetry', {
    custom: true,
    status: true,
    plural: 'telemetries',
  }),
  define('extensions.istio.io', ['v1alpha1'], 'WasmPlugin', { custom: true, status: true }),
  define('monitoring.coreos.com', ['v1'], 'PodMonitor', { custom: true, optional: true }),
  define('monitoring.coreos.com', ['v1'], 'ServiceMonitor', { custom: true, optional: true }),
  define('keda.sh', ['v1alpha1'], 'ScaledObject', { custom: true, status: true, optional: true }),
  define('argoproj.io', ['v1alpha1'], 'Rollout', { custom: true, status: true, optional: true }),
  define('flagger.app', ['v1beta1'], 'Canary', {
    custom: true,
    status: true,
    optional: true,
    plural: 'canaries',
  }),
]

/** KindReader tells whether an object is there: CustomResourceDefinitions make optional kinds served. */
interface KindReader {
  get(kind: string, namespace: string, name: string): unknown
}

/** isServed tells whether a kind is served: an optional one needs its CustomResourceDefinition. */
export function isServed(store: KindReader, kind: Kind): boolean {
  return !kind.optional || store.get('CustomResourceDefinition', '', qualifiedName(kind)) !== null
}

/** kindNamed finds a kind by its name; it throws for a name that isn't served. */
export function kindNamed(name: string): Kind {
  const found = kinds.find((kind) => kind.kind === name)
  if (found === undefined) throw new Failure('internal', `The sandbox serves no kind ${name}.`)
  return found
}

/** kindAt finds what a path names; null where group, version and plural aren't served together. */
export function kindAt(group: string, version: string, plural: string): Kind | null {
  return (
    kinds.find((kind) => kind.group === group && kind.plural === plural && kind.versions.includes(version)) ??
    null
  )
}

/** apiVersionOf joins group and version as `apiVersion` has it; the preferred version unless given. */
export function apiVersionOf(kind: Kind, version: string = kind.versions[0] as string): string {
  return kind.group === '' ? version : `${kind.group}/${version}`
}

/** qualifiedName names the resource as the API's messages do: `virtualservices.networking.istio.io`, `pods`. */
export function qualifiedName(kind: Pick<Kind, 'group' | 'plural'>): string {
  return kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`
}
