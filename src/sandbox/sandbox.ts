import type { KubeObject } from '../release/kubernetes.ts'
import { createRandom } from '../simulation/random.ts'
import { type Access, adminToken, ciToken } from './cluster/access.ts'
import { startCluster } from './cluster/cluster.ts'
import { createMachines } from './cluster/machines.ts'
import type { Store } from './cluster/store.ts'
import { type ForgeServer, serveForge } from './forge/server.ts'
import type { Faults } from './http/faults.ts'
import type { LoggedRequest } from './http/request-log.ts'
import { createDataPlane, type DataPlane } from './mesh/data-plane.ts'
import { serveMesh } from './mesh/entrance.ts'
import type { MetricsCondition } from './prometheus/conditions.ts'
import { createPrometheus, type EmbeddedPrometheus } from './prometheus/prometheus.ts'
import type { Scenario, ScenarioFault } from './scenarios/scenario.ts'
import { istioVersion } from './scenarios/system.ts'
import { createClock, type VirtualClock } from './time/clock.ts'
import { serveClock } from './time/clock-server.ts'
import type { WorkloadControllers } from './workloads/workloads.ts'

export interface SandboxOptions {
  scenario: Scenario
  /** Seed of all chance: the same seed, the same life. */
  seed: number
  /** Virtual seconds per real second; null or absent: as fast as possible. */
  speed?: number | null
  /** What is wrong with the numbers of its Prometheus; absent: nothing. */
  metrics?: MetricsCondition
  /** Roles and bindings (YAML) that the pipeline's token is held to; absent: it may do everything. */
  rbac?: string
}

/** Sandbox is a cluster with its mesh, its Prometheus and a GitHub, all over HTTP on loopback. */
export interface Sandbox {
  apiUrl: string
  prometheusUrl: string
  githubUrl: string
  clockUrl: string
  /** Where a request enters the mesh as one call of the scenario's service. */
  meshUrl: string
  /** YAML of a kubeconfig for the pipeline's token. */
  kubeconfig: string
  kubeconfigFor(token: string): string
  adminToken: string
  ciToken: string
  scenario: Scenario
  /** Virtual time at which the release can start, in ms since the epoch: second 0 of the scenario. */
  start: number
  /** What the Kubernetes and GitHub APIs were asked, in order. */
  requests: LoggedRequest[]
  store: Store
  clock: VirtualClock
  workloads: WorkloadControllers
  dataPlane: DataPlane
  prometheus: EmbeddedPrometheus
  forge: ForgeServer
  access: Access
  /** Failures of the Kubernetes API on demand. */
  api: Faults
  apply(yaml: string): KubeObject[]
  /** at lets something happen `ms` after the start. */
  at(ms: number, event: () => void | Promise<void>): void
  /** close ends all servers; nothing stays open. */
  close(): Promise<void>
}

/** Virtual time begins here, so that runs of the same seed are equal to the second. */
const origin = Date.UTC(2026, 0, 12, 9, 0, 0)

/** startSandbox brings a scenario to life, lives through its history and stops at its second 0. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const sandbox = await assemble(options)
  try {
    await begin(sandbox)
  } catch (error) {
    await sandbox.close()
    throw error
  }
  sandbox.clock.setSpeed(options.speed ?? null)
  return sandbox
}

async function assemble(options: SandboxOptions): Promise<Sandbox> {
  const { scenario } = options
  const clock = createClock({ start: origin - scenario.warmup * 1000, speed: null })
  const requests: LoggedRequest[] = []
  const world = await createWorld(options, clock, requests)
  const { cluster, dataPlane, prometheus, prometheusUrl } = world
  const [clockServer, entrance, forge] = await Promise.all([
    serveClock(clock),
    serveMesh(dataPlane),
    serveForge(requests, clock.now),
  ])
  return {
    apiUrl: cluster.url,
    prometheusUrl,
    githubUrl: forge.url,
    clockUrl: clockServer.url,
    meshUrl: entrance.url,
    kubeconfig: cluster.kubeconfigFor(ciToken),
    kubeconfigFor: cluster.kubeconfigFor,
    adminToken,
    ciToken,
    scenario,
    start: origin,
    requests,
    store: cluster.store,
    clock,
    workloads: cluster.workloads,
    dataPlane,
    prometheus,
    forge,
    access: cluster.access,
    api: cluster.faults,
    apply: cluster.apply,
    at: (ms, event) => clock.at(origin + ms, event),
    async close() {
      clock.close()
      dataPlane.close()
      await Promise.all([cluster, clockServer, entrance, forge, prometheus].map((server) => server.close()))
    },
  }
}

/** createWorld joins what lives in virtual time: the cluster, its mesh, its Prometheus. */
async function createWorld(options: SandboxOptions, clock: VirtualClock, log: LoggedRequest[]) {
  const { scenario } = options
  const random = createRandom(options.seed)
  let prometheusUrl: string | null = null
  let mesh: DataPlane | null = null
  const cluster = await startCluster({
    clock,
    random: random.fork('cluster'),
    log,
    ...(options.rbac === undefined ? {} : { rbac: options.rbac }),
    served: (podUid) => mesh?.served(podUid) ?? 0,
    backend: (namespace, name) =>
      namespace === 'istio-system' && name === 'prometheus' ? prometheusUrl : null,
  })
  const dataPlane = createDataPlane({
    store: cluster.store,
    now: clock.now,
    random: random.fork('mesh'),
    model: scenario.traffic,
    origin,
    service: { namespace: scenario.namespace, name: scenario.service },
    istioVersion,
  })
  mesh = dataPlane
  const { strains = [] } = scenario
  const machines =
    strains.length === 0 ? null : createMachines({ store: cluster.store, now: clock.now, origin, strains })
  const prometheus = createPrometheus({
    targets: () => [...dataPlane.targets(), ...(machines?.targets() ?? [])],
    now: clock.now,
    ...(options.metrics === undefined
      ? {}
      : { condition: { condition: options.metrics, canary: scenario.canary, origin } }),
  })
  clock.onTick((now, seconds) => {
    cluster.workloads.tick()
    dataPlane.tick(now, seconds)
    prometheus.tick(now, seconds)
  })
  prometheusUrl = await prometheus.listen()
  return { cluster, dataPlane, prometheus, prometheusUrl }
}

/** begin lives through the history and applies what the step before the release applied. */
async function begin(sandbox: Sandbox): Promise<void> {
  const { scenario, clock } = sandbox
  sandbox.apply(scenario.manifests)
  await clock.advance(scenario.warmup * 1000)
  sandbox.apply(scenario.deploy)
  for (const fault of scenario.faults) sandbox.at(fault.at * 1000, () => strike(sandbox, fault))
}

async function strike(
  { scenario, store, workloads, prometheus }: Sandbox,
  { what }: ScenarioFault,
): Promise<void> {
  const canary = store
    .list('Deployment', scenario.namespace)
    .find(({ metadata }) => metadata.labels?.version === scenario.canary)?.metadata.name
  const breakCanary = (fault: Parameters<WorkloadControllers['setFault']>[2]): void => {
    if (canary !== undefined) workloads.setFault(scenario.namespace, canary, fault)
  }
  if (what === 'prometheus-down') await prometheus.setFault({ kind: 'down' })
  else if (what === 'prometheus-up') await prometheus.setFault(null)
  else if (what === 'canary-crashes') breakCanary({ kind: 'crashLoop', afterSeconds: 0 })
  else if (what === 'canary-unschedulable') breakCanary({ kind: 'unschedulable' })
  else breakCanary(null)
}
