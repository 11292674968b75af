import type { Json, JsonObject, KubeObject } from '../../../release/kubernetes.ts'

/** MeshPod is what the mesh knows of a pod. */
export interface MeshPod {
  uid: string
  name: string
  namespace: string
  ip: string
  /** Node that it runs on; null where it is not known. */
  node: string | null
  labels: Readonly<Record<string, string>>
  /** Tag of its app's image; null where it has none. */
  tag: string | null
  /** Owner as Istio names it: the Deployment of a ReplicaSet, else the controller, else the pod itself. */
  workload: string
  serviceAccount: string
  ready: boolean
  /** Its app answers: every container but the proxy runs, whether ready or not. */
  serving: boolean
  /** How often its app's containers have started anew. */
  restarts: number
  /** It was asked to end and finishes what it has begun. */
  terminating: boolean
  /** It has a proxy of its own. */
  injected: boolean
  /** Changes whenever the pod's proxy starts anew. */
  incarnation: string
  /** Its proxy runs and can be scraped. */
  proxyRunning: boolean
}

const proxyName = 'istio-proxy'

/** podOf reads a Pod object; null while it has no address or when it has run to its end. */
export function podOf(object: KubeObject): MeshPod | null {
  const status = toRecord(object.status)
  const ip = status.podIP
  const phase = status.phase ?? 'Running'
  if (typeof ip !== 'string' || ip === '' || phase === 'Succeeded' || phase === 'Failed') return null
  const spec = toRecord(object.spec)
  const { metadata } = object
  const statuses = [...records(status.initContainerStatuses), ...records(status.containerStatuses)]
  const proxy = statuses.find((entry) => entry.name === proxyName)
  const apps = records(status.containerStatuses).filter((entry) => entry.name !== proxyName)
  const running = phase === 'Running'
  return {
    uid: metadata.uid ?? `${metadata.namespace}/${metadata.name}`,
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    ip,
    node: typeof spec.nodeName === 'string' ? spec.nodeName : null,
    labels: metadata.labels ?? {},
    tag: tagOf(spec),
    workload: workloadOf(object),
    serviceAccount: typeof spec.serviceAccountName === 'string' ? spec.serviceAccountName : 'default',
    ready: running && isReady(status) && metadata.deletionTimestamp === undefined,
    serving: running && apps.every(isRunning),
    restarts: restartsOf(apps),
    terminating: metadata.deletionTimestamp !== undefined,
    injected: isInjected(object, spec),
    incarnation: `${metadata.uid}#${restartsOf(proxy === undefined ? statuses : [proxy])}`,
    proxyRunning: running && (proxy === undefined || isRunning(proxy)),
  }
}

/** canonicalRevision is the label that Istio's injection computes. */
export function canonicalRevision(labels: Readonly<Record<string, string>>): string {
  return (
    labels['service.istio.io/canonical-revision'] ??
    labels['app.kubernetes.io/version'] ??
    labels.version ??
    'latest'
  )
}

export function canonicalName(pod: Pick<MeshPod, 'labels' | 'workload'>): string {
  const { labels } = pod
  return (
    labels['service.istio.io/canonical-name'] ??
    labels['app.kubernetes.io/name'] ??
    labels.app ??
    pod.workload
  )
}

export function toRecord(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

export function records(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.map(toRecord) : []
}

function workloadOf(object: KubeObject): string {
  const owner = object.metadata.ownerReferences?.find((entry) => entry.controller !== false)
  if (owner === undefined) return object.metadata.name
  const hash = object.metadata.labels?.['pod-template-hash']
  if (owner.kind !== 'ReplicaSet') return owner.name
  if (hash !== undefined && owner.name.endsWith(`-${hash}`)) return owner.name.slice(0, -hash.length - 1)
  return owner.name.replace(/-[a-z0-9]+$/, '')
}

/** tagOf reads the tag of the first image that isn't the proxy's. */
function tagOf(spec: JsonObject): string | null {
  const app = records(spec.containers).find((container) => container.name !== proxyName)
  const image = typeof app?.image === 'string' ? app.image : ''
  return /:([^:/@]+)(@.*)?$/.exec(image)?.[1] ?? null
}

function isReady(status: JsonObject): boolean {
  return records(status.conditions).some((entry) => entry.type === 'Ready' && entry.status === 'True')
}

function isRunning(container: JsonObject): boolean {
  const state = toRecord(container.state)
  return state.waiting === undefined && state.terminated === undefined
}

function isInjected(object: KubeObject, spec: JsonObject): boolean {
  const containers: Json[] = [...records(spec.containers), ...records(spec.initContainers)]
  return (
    containers.some((container) => toRecord(container).name === proxyName) ||
    object.metadata.annotations?.['sidecar.istio.io/status'] !== undefined
  )
}

function restartsOf(statuses: JsonObject[]): number {
  return statuses.reduce((sum, entry) => sum + (Number(entry.restartCount) || 0), 0)
}
