import type {
  JsonObject,
  KubeObject,
  ServiceView,
  Workload,
  WorkloadsSnapshot,
} from '../../release/kubernetes.ts'
import { findObject } from '../api/find-object.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { checkDnsLabel } from '../api/names.ts'
import { toPath, withQuery } from '../api/paths.ts'
import { toOneLine } from '../api/status.ts'
import { toPod } from './pods.ts'

/** The container that injection adds. */
const proxyContainer = 'istio-proxy'

/** WorkloadClient reads what runs behind a Service. */
export interface WorkloadClient {
  workloads(namespace: string, service: string, signal: AbortSignal): Promise<WorkloadsSnapshot>
}

/** createWorkloadClient opens the Services, Deployments and pods of a cluster. */
export function createWorkloadClient(api: KubeApi): WorkloadClient {
  return {
    async workloads(namespace, service, signal) {
      const view = await serviceOf(api, namespace, checkDnsLabel(service, 'service'), signal)
      const selector = Object.entries(view?.selector ?? {})
      // A Service without a selector selects nothing; a query without one would give every pod.
      if (view === null || selector.length === 0) return { service: view, workloads: [], pods: [] }
      const labelSelector = selector.map(([key, value]) => `${key}=${value}`).join(',')
      const [deployments, pods] = await Promise.all([
        api.items(toPath({ apiVersion: 'apps/v1', plural: 'deployments', namespace }), signal),
        api.items(
          withQuery(toPath({ apiVersion: 'v1', plural: 'pods', namespace }), { labelSelector }),
          signal,
        ),
      ])
      const names = new Set(deployments.map((deployment) => deployment.metadata.name))
      return {
        service: view,
        workloads: deployments
          .map((deployment) => workloadView(deployment, namespace))
          .filter((workload) => selector.every(([key, value]) => workload.templateLabels[key] === value)),
        pods: pods.map((pod) => toPod(pod, names)),
      }
    },
  }
}

async function serviceOf(
  api: KubeApi,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<ServiceView | null> {
  const service = await findObject(api, { apiVersion: 'v1', plural: 'services', namespace }, name, signal)
  return service === null ? null : serviceView(service, namespace)
}

interface ServiceSpec {
  type?: string
  clusterIP?: string
  selector?: Record<string, string>
  ports?: { name?: string; port: number; protocol?: string; appProtocol?: string }[]
}

function serviceView(service: KubeObject, namespace: string): ServiceView {
  const spec = (service.spec ?? {}) as unknown as ServiceSpec
  return {
    name: service.metadata.name,
    namespace: service.metadata.namespace ?? namespace,
    type: spec.type ?? 'ClusterIP',
    clusterIP: spec.clusterIP || null,
    selector: spec.selector ?? {},
    ports: (spec.ports ?? []).map(({ name, port, protocol, appProtocol }) => ({
      name: name ?? null,
      port,
      protocol: protocol ?? 'TCP',
      appProtocol: appProtocol ?? null,
    })),
  }
}

interface DeploymentSpec {
  replicas?: number
  template?: {
    metadata?: { labels?: Record<string, string> }
    spec?: { serviceAccountName?: string; containers?: { name: string; image?: string }[] }
  }
}

/** The controller says on its Deployment what the server answered to its pods. */
function failureOf({ conditions }: JsonObject): Pick<Workload, 'failure'> {
  const all = (Array.isArray(conditions) ? conditions : []) as JsonObject[]
  const failed = all.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return typeof failed?.message === 'string' && failed.message !== ''
    ? { failure: toOneLine(failed.message, 240) }
    : {}
}

function workloadView(deployment: KubeObject, namespace: string): Workload {
  const spec = (deployment.spec ?? {}) as unknown as DeploymentSpec
  const status = (deployment.status ?? {}) as JsonObject
  const labels = spec.template?.metadata?.labels ?? {}
  const pod = spec.template?.spec
  return {
    kind: 'Deployment',
    name: deployment.metadata.name,
    namespace: deployment.metadata.namespace ?? namespace,
    version: labels.version || null,
    image: (pod?.containers ?? [])
      .filter(({ name }) => name !== proxyContainer)
      .map(({ image }) => image ?? '')
      .join(','),
    templateLabels: labels,
    replicas: spec.replicas ?? 1,
    readyReplicas: typeof status.readyReplicas === 'number' ? status.readyReplicas : 0,
    createdAt: Date.parse(deployment.metadata.creationTimestamp ?? '') || 0,
    serviceAccount: pod?.serviceAccountName || 'default',
    ...failureOf(status),
  }
}
