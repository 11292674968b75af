import type { KubeObject } from '../../release/kubernetes.ts'
import type { Random } from '../../simulation/random.ts'
import { serveApi } from '../api/server.ts'
import { createFaults, type Faults } from '../http/faults.ts'
import type { LoggedRequest } from '../http/request-log.ts'
import type { VirtualClock } from '../time/clock.ts'
import { deriveEndpoints } from '../workloads/endpoints.ts'
import { createWorkloadControllers, type WorkloadControllers } from '../workloads/workloads.ts'
import { type Access, createAccess } from './access.ts'
import { kubeconfigText } from './kubeconfig.ts'
import { applyManifests } from './manifests.ts'
import { readRbac } from './rbac.ts'
import { createStore, type Store } from './store.ts'

interface SandboxClusterOptions {
  clock: VirtualClock
  random: Random
  log: LoggedRequest[]
  /** Roles and bindings (YAML) that the pipeline's token is held to; absent: it may do everything. */
  rbac?: string
  /** served gives how many requests a pod has answered so far; absent: none. */
  served?: (podUid: string) => number
  /** Base URL of what stands behind a Service; null where nothing does. */
  backend(namespace: string, service: string): string | null
}

/** SandboxCluster is a Kubernetes API over HTTP with the controllers that bring its objects to life. */
export interface SandboxCluster {
  url: string
  store: Store
  workloads: WorkloadControllers
  access: Access
  faults: Faults
  /** apply creates or replaces the objects of YAML documents. */
  apply(yaml: string): KubeObject[]
  /** kubeconfigFor gives the YAML of a kubeconfig for one of the tokens. */
  kubeconfigFor(token: string): string
  close(): Promise<void>
}

/** startCluster serves an empty cluster on loopback. */
export async function startCluster(options: SandboxClusterOptions): Promise<SandboxCluster> {
  const { clock, random, log, backend } = options
  const store = createStore(clock.now, uidsFrom(random.fork('uids')))
  const workloads = createWorkloadControllers({
    store,
    random: random.fork('workloads'),
    now: clock.now,
    ...(options.served === undefined ? {} : { served: options.served }),
  })
  const stopEndpoints = deriveEndpoints(store)
  const access = createAccess(options.rbac === undefined ? null : readRbac(options.rbac))
  const faults = createFaults()
  const endpoint = await serveApi({ store, access, faults, log, now: clock.now, backend })
  return {
    url: endpoint.url,
    store,
    workloads,
    access,
    faults,
    apply: (yaml) => applyManifests(store, yaml),
    kubeconfigFor: (token) => kubeconfigText(endpoint.url, token, 'default'),
    async close() {
      stopEndpoints()
      workloads.close()
      await endpoint.close()
    },
  }
}

/** The same seed gives the same uids, and with them the same luck to everything that is named by one. */
function uidsFrom(random: Random): () => string {
  const hex = (length: number): string =>
    Array.from({ length }, () => Math.floor(random.next() * 16).toString(16)).join('')
  return () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`
}
