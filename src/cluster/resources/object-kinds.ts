import { Failure } from '../../release/failure.ts'
import type { ObjectKind } from '../../release/kubernetes.ts'

/** KindLocation is where a kind is served: its collection, and its versions with the preferred one first. */
interface KindLocation {
  plural: string
  apiVersions: readonly [string, ...string[]]
}

const networking = ['networking.istio.io/v1', 'networking.istio.io/v1beta1'] as const
const security = ['security.istio.io/v1', 'security.istio.io/v1beta1'] as const

const locations: Record<ObjectKind | 'DestinationRule' | 'VirtualService', KindLocation> = {
  Deployment: { plural: 'deployments', apiVersions: ['apps/v1'] },
  ReplicaSet: { plural: 'replicasets', apiVersions: ['apps/v1'] },
  StatefulSet: { plural: 'statefulsets', apiVersions: ['apps/v1'] },
  DaemonSet: { plural: 'daemonsets', apiVersions: ['apps/v1'] },
  Service: { plural: 'services', apiVersions: ['v1'] },
  HorizontalPodAutoscaler: { plural: 'horizontalpodautoscalers', apiVersions: ['autoscaling/v2'] },
  PodDisruptionBudget: { plural: 'poddisruptionbudgets', apiVersions: ['policy/v1'] },
  ConfigMap: { plural: 'configmaps', apiVersions: ['v1'] },
  NetworkPolicy: { plural: 'networkpolicies', apiVersions: ['networking.k8s.io/v1'] },
  PersistentVolumeClaim: { plural: 'persistentvolumeclaims', apiVersions: ['v1'] },
  ResourceQuota: { plural: 'resourcequotas', apiVersions: ['v1'] },
  AuthorizationPolicy: { plural: 'authorizationpolicies', apiVersions: security },
  RequestAuthentication: { plural: 'requestauthentications', apiVersions: security },
  PeerAuthentication: { plural: 'peerauthentications', apiVersions: security },
  Sidecar: { plural: 'sidecars', apiVersions: networking },
  EnvoyFilter: { plural: 'envoyfilters', apiVersions: ['networking.istio.io/v1alpha3'] },
  Telemetry: { plural: 'telemetries', apiVersions: ['telemetry.istio.io/v1', 'telemetry.istio.io/v1alpha1'] },
  WasmPlugin: { plural: 'wasmplugins', apiVersions: ['extensions.istio.io/v1alpha1'] },
  ProxyConfig: { plural: 'proxyconfigs', apiVersions: ['networking.istio.io/v1beta1'] },
  PodMonitor: { plural: 'podmonitors', apiVersions: ['monitoring.coreos.com/v1'] },
  ServiceMonitor: { plural: 'servicemonitors', apiVersions: ['monitoring.coreos.com/v1'] },
  ScaledObject: { plural: 'scaledobjects', apiVersions: ['keda.sh/v1alpha1'] },
  Rollout: { plural: 'rollouts', apiVersions: ['argoproj.io/v1alpha1'] },
  Canary: { plural: 'canaries', apiVersions: ['flagger.app/v1beta1'] },
  DestinationRule: { plural: 'destinationrules', apiVersions: networking },
  VirtualService: { plural: 'virtualservices', apiVersions: networking },
}

/** kindLocation finds where a kind is served. Throws Failure `internal` for one that no release reads or writes. */
export function kindLocation(kind: string): KindLocation {
  if (Object.hasOwn(locations, kind)) return locations[kind as keyof typeof locations]
  throw new Failure('internal', `${kind} is no kind that a release reads or writes. Please report this.`)
}
