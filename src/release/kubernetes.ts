/** Json is any JSON value, as read from an API: unknown keys survive because nothing maps it to a class. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  managedFields?: {
    manager?: string
    operation?: string
    time?: string
    subresource?: string
    /** Which fields it owns: a tree of `f:<name>`. */
    fieldsV1?: JsonObject
  }[]
  ownerReferences?: {
    apiVersion: string
    kind: string
    name: string
    uid?: string | undefined
    controller?: boolean
    blockOwnerDeletion?: boolean
  }[]
  finalizers?: string[]
  [key: string]: unknown
}

/** KubeObject is a raw Kubernetes object. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: JsonObject
  [key: string]: unknown
}

/** ObjectRef names one namespaced object of a kind that we write. */
export interface ObjectRef {
  kind: string
  namespace: string
  name: string
}

export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: Json }
  | { op: 'remove'; path: string }

/** Write is one planned change to one routing object. */
export type Write =
  | { action: 'create'; ref: ObjectRef; object: KubeObject; summary: string }
  | {
      action: 'patch'
      ref: ObjectRef
      /** Bound to what it was planned on: replaces resourceVersion, tests destinations. */
      patch: JsonPatchOperation[]
      /** The whole object as it will be, for dry runs and diffs. */
      result: KubeObject
      summary: string
    }

/** HostPolicy is how the mesh's clients are to call a host: an object's spec without the host and its versions. */
export interface HostPolicy {
  apiVersion: string
  spec: JsonObject
}

/** refText names an object as people write it: `Deployment shop/my-api`. */
export function refText(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace}/${ref.name}`
}

/** refOfObject names an object. */
export function refOfObject({ kind, metadata }: KubeObject): ObjectRef {
  return { kind, namespace: metadata.namespace ?? '', name: metadata.name }
}

/** Workload is a Deployment whose pods the target's Service selects. */
export interface Workload {
  kind: 'Deployment'
  name: string
  namespace: string
  /** The `version` label of its pod template; null where there is none. */
  version: string | null
  /** Images of the pod template's containers, sidecars that injection adds excluded, joined by a comma. */
  image: string
  templateLabels: Record<string, string>
  replicas: number
  readyReplicas: number
  createdAt: number
  serviceAccount: string
  /** Why pods of it can't be made, in the server's words: quota, admission; absent: nothing says so. */
  failure?: string
}

export interface Pod {
  name: string
  /** Name of the owning Deployment, null where there is none. */
  workload: string | null
  version: string | null
  labels: Record<string, string>
  ready: boolean
  /** Since when it is ready, ms since the epoch; absent where it isn't, or nothing says so. */
  readySince?: number
  deleting: boolean
  createdAt: number
  /** Why it isn't ready, as the kubelet or scheduler says: `ImagePullBackOff: …`, `Unschedulable: …`. */
  waiting: string | null
  restarts: number
  /** A ready or waiting Istio proxy is among its containers. */
  injected: boolean
  /** Node that it runs on; absent before it was given one. */
  node?: { name: string; ip: string | null }
}

export interface ServiceView {
  name: string
  namespace: string
  type: string
  clusterIP: string | null
  selector: Record<string, string>
  ports: { name: string | null; port: number; protocol: string; appProtocol: string | null }[]
}

/** WorkloadsSnapshot is what runs behind the target's Service at one moment. */
export interface WorkloadsSnapshot {
  /** null: no Service of that name. */
  service: ServiceView | null
  workloads: Workload[]
  pods: Pod[]
}

/** RoutingObjects is every routing object that we may read, of all kinds, and the places that we may not. */
export interface RoutingObjects {
  /** Group and version to write new objects in: the newest that the cluster serves. */
  apiVersion: string
  objects: KubeObject[]
  /** Namespaces whose routing objects could not be listed; `*` where the list over all namespaces is forbidden. */
  unreadable: string[]
}

/** ObjectKind is a kind that a release reads beside its routes: what runs, what scales it, what selects its pods. */
export type ObjectKind =
  | 'Deployment'
  | 'ReplicaSet'
  | 'StatefulSet'
  | 'DaemonSet'
  | 'Service'
  | 'HorizontalPodAutoscaler'
  | 'PodDisruptionBudget'
  | 'ConfigMap'
  | 'NetworkPolicy'
  | 'PersistentVolumeClaim'
  | 'ResourceQuota'
  | 'AuthorizationPolicy'
  | 'RequestAuthentication'
  | 'PeerAuthentication'
  | 'Sidecar'
  | 'EnvoyFilter'
  | 'Telemetry'
  | 'WasmPlugin'
  | 'ProxyConfig'
  | 'PodMonitor'
  | 'ServiceMonitor'
  | 'ScaledObject'
  | 'Rollout'
  | 'Canary'

/** NamespaceObjects is what a namespace holds of several kinds. A kind that isn't served has no objects. */
export interface NamespaceObjects {
  /** Each with its own apiVersion and kind. */
  objects: KubeObject[]
  /** Kinds that may not be listed: whether there are objects of them is unknown. `why` is a sentence. */
  unreadable: { kind: ObjectKind; why: string }[]
}
