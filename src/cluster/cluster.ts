import type { Environment } from '../release/ci-run.ts'
import { Failure, isFailure } from '../release/failure.ts'
import type { Json, KubeObject } from '../release/kubernetes.ts'
import type { ClusterAccess } from '../release/request.ts'
import { type AccessAttributes, accessReview, readAccessReview } from './api/access-review.ts'
import { createKubeApi } from './api/kube-api.ts'
import { checkDnsLabel } from './api/names.ts'
import type { ApiCall } from './api/paths.ts'
import { readKubeconfig, serviceAccountFolder } from './login/kubeconfig.ts'
import { type ApiSession, createSession } from './login/session.ts'
import { createLeaseClient, type LeaseClient } from './resources/leases.ts'
import { createObjectClient, type ObjectClient } from './resources/objects.ts'
import { createRoutingClient, type RoutingClient } from './resources/routing.ts'
import { isRoutingKind } from './resources/routing-lists.ts'
import { createServiceProxy, type ServiceProxyTransport } from './resources/service-proxy.ts'
import { createVersionClient, type VersionClient } from './resources/version.ts'
import { createWorkloadClient, type WorkloadClient } from './resources/workloads.ts'
import { createWatchdogClient, type WatchdogClient } from './watchdog/client.ts'

/** Cluster is everything that can be asked of one Kubernetes cluster. Its methods throw Failure. */
export interface Cluster
  extends RoutingClient,
    ObjectClient,
    WorkloadClient,
    LeaseClient,
    WatchdogClient,
    VersionClient {
  /** The kubeconfig's context, or the server's host in a pod. */
  readonly name: string
  /** URL of the API server. */
  readonly server: string
  /** Namespace of the context. */
  readonly namespace: string | null
  /** can answers, in order, whether calls would be permitted. */
  can(questions: readonly AccessAttributes[], signal: AbortSignal): Promise<boolean[]>
  /** get reads any object by its path; null where it doesn't exist. */
  get(path: string, signal: AbortSignal): Promise<Json | null>
  /** list reads any whole list by its path. */
  list(path: string, signal: AbortSignal): Promise<KubeObject[]>
  /** tokenExpiry gives when the credential ends, in ms since the epoch; null where that can't be seen. */
  tokenExpiry(): number | null
  proxyTransport(
    namespace: string,
    service: string,
    port: string | number,
    scheme?: 'http' | 'https',
  ): ServiceProxyTransport
  /** secrets are the values to mask in any output; more can come when credentials are renewed. */
  secrets(): string[]
  /** calls are the distinct calls made so far, as an authorizer sees them. */
  calls(): ApiCall[]
}

export interface ConnectOptions {
  /** Where HOME, KUBECONFIG and a pod's KUBERNETES_SERVICE_* are read; credential plugins run in it. */
  env: Environment
  userAgent: string
  random: () => number
  /** Real time that one call may take, in ms. */
  callTimeout?: number
  /** sleep waits between the tries of a call, in ms of real time; it rejects when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Folder of the pod's service account. */
  serviceAccount?: string
}

const defaultCallTimeout = 10_000
/** Credential plugins start interpreters and ask identity providers: they get more than a call. */
const loginFactor = 3

/**
 * connect reads the kubeconfig and its credentials; it speaks to no API server yet. Throws Failure
 * `invalid-input` naming the field, `unauthorized` where a credential plugin fails, `timeout` where it hangs.
 */
export async function connect(access: ClusterAccess, options: ConnectOptions): Promise<Cluster> {
  const callTimeout = options.callTimeout ?? defaultCallTimeout
  const open = () => login(access, options, callTimeout * loginFactor)
  const session = await open()
  const api = createKubeApi(session, { ...options, callTimeout, reopen: open })
  const routing = createRoutingClient(api)
  const objects = createObjectClient(api)
  return {
    name: session.name,
    server: session.server.href.replace(/\/$/, ''),
    namespace: session.namespace,
    ...routing,
    ...objects,
    object: (ref, signal) => (isRoutingKind(ref.kind) ? routing : objects).object(ref, signal),
    ...createWorkloadClient(api),
    ...createLeaseClient(api),
    ...createWatchdogClient(api),
    can: (questions, signal) =>
      Promise.all(
        questions.map(async (each) => readAccessReview((await api.send(accessReview(each), signal)).body)),
      ),
    ...createVersionClient(api),
    get: async (path, signal) => {
      try {
        return await api.read(path, signal)
      } catch (error) {
        if (isFailure(error, 'not-found')) return null
        throw error
      }
    },
    list: (path, signal) => api.items(path, signal),
    tokenExpiry: () => api.session().expiresAt,
    proxyTransport: (namespace, service, port, scheme) =>
      createServiceProxy(api, namespace, service, port, scheme),
    secrets: () => api.secrets(),
    calls: () => api.calls(),
  }
}

async function login(access: ClusterAccess, options: ConnectOptions, limit: number): Promise<ApiSession> {
  const found = readKubeconfig(access, options.env, options.serviceAccount ?? serviceAccountFolder)
  if (found.namespace !== null) checkDnsLabel(found.namespace, "the context's namespace")
  const signal = AbortSignal.timeout(limit)
  try {
    return await createSession(found, options.env, signal)
  } catch (error) {
    if (error !== signal.reason) throw error
    throw new Failure(
      'timeout',
      `the kubeconfig's credentials were not there within ${limit} ms: its plugin hangs`,
    )
  }
}
