import type { Calibration, CountPoint, CountSeries } from '../release/counts.ts'
import { Failure } from '../release/failure.ts'
import { noEvidence } from '../release/gate-evidence.ts'
import type {
  KubeObject,
  ObjectRef,
  RoutingSnapshot,
  WorkloadsSnapshot,
  Write,
} from '../release/kubernetes.ts'
import type { Random } from './random.ts'
import { arrivalRate, badShare, countInterval, versionModel } from './traffic.ts'
import type { TrafficModel } from './traffic-model.ts'

/** SimulationInput is what a simulated release of `v2` beside `v1` meets. */
export interface SimulationInput {
  traffic: TrafficModel
  /** Ready pods of each version. */
  pods: number
  /** Seconds until the proxies follow a change of routes. */
  propagation: number
  /** Hours of history that stable's calibration rests on; 0: none. */
  historyHours: number
}

/** UserImpact is what callers paid over a simulated release. */
export interface UserImpact {
  requests: number
  failed: number
  /** Failed requests beyond what stable alone would have failed. */
  excess: number
}

const host = 'my-api.shop.svc.cluster.local'
const second = 1000
/** Requests of each arm up to the end of each second. */
interface Seconds {
  canary: number[]
  canaryBad: number[]
  stable: number[]
  stableBad: number[]
}

/**
 * createSimulatedCluster makes a cluster with one service, its mesh, its Prometheus and its clock in memory: the ports that
 * a release asks for, without a wire. Time moves only by sleeping. The same random source, the same life.
 */
export function createSimulatedCluster(invention: SimulationInput, random: Random) {
  const { traffic } = invention
  const draw = random.fork('requests')
  const counted: Seconds = { canary: [0], canaryBad: [0], stable: [0], stableBad: [0] }
  const objects = new Map<string, KubeObject>(firstObjects().map((object) => [keyOf(object), object]))
  const lease = memoryLease()
  const impact: UserImpact = { requests: 0, failed: 0, excess: 0 }
  let version = 1
  let now = 0
  let lived = 0
  const changes: { at: number; share: number }[] = []

  const arms = { canary: versionModel(traffic, 'v2'), stable: versionModel(traffic, 'v1'), share: 0 }
  const into = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }

  function live(until: number): void {
    while (lived < until) {
      const due = changes.findLast((change) => change.at <= lived)
      if (due) arms.share = due.share
      const before = { total: into.canary.total, bad: into.canary.bad }
      countInterval(draw, traffic, arms, { from: lived, until: lived + 1 }, into)
      counted.canary.push(into.canary.total)
      counted.canaryBad.push(into.canary.bad)
      counted.stable.push(into.stable.total)
      counted.stableBad.push(into.stable.bad)
      const own = into.canary.total - before.total
      impact.excess += into.canary.bad - before.bad - own * badShare(traffic, arms.stable, lived + 0.5)
      lived += 1
    }
    impact.requests = into.canary.total + into.stable.total
    impact.failed = into.canary.bad + into.stable.bad
  }

  const clock = {
    now: () => now,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      now += ms
      live(Math.floor(now / second))
    },
  }

  const snapshot = (): RoutingSnapshot => ({
    apiVersion: 'networking.istio.io/v1',
    virtualServices: [...objects.values()].filter(({ kind }) => kind === 'VirtualService'),
    destinationRules: [...objects.values()].filter(({ kind }) => kind === 'DestinationRule'),
    unreadable: [],
  })

  const routes = {
    routing: async () => snapshot(),
    object: async (ref: ObjectRef) => objects.get(`${ref.kind}/${ref.name}`) ?? null,
    async write(write: Write, options: { dryRun: boolean }) {
      const planned = write.action === 'create' ? write.object : write.result
      if (options.dryRun) return { object: planned, warnings: [] }
      const known = objects.get(keyOf(planned))
      if (write.action === 'patch' && known?.metadata.resourceVersion !== planned.metadata.resourceVersion) {
        throw new Failure('conflict', 'The object has been modified.')
      }
      version += 1
      const object = { ...planned, metadata: { ...planned.metadata, resourceVersion: String(version) } }
      objects.set(keyOf(object), object)
      if (object.kind === 'VirtualService') {
        changes.push({ at: Math.ceil(now / second) + invention.propagation, share: canaryShareOf(object) })
      }
      return { object, warnings: [] }
    },
    async replace(object: KubeObject) {
      return { object, warnings: [] }
    },
  }

  const metrics = {
    probe: async () => ({ version: 'simulated' }),
    reporters: async () => ({ source: 1, destination: 1 }),
    async counts(query: { start: number; until: number; interval: number }): Promise<CountSeries> {
      const points: CountPoint[] = []
      for (let at = query.start; at <= query.until; at += query.interval)
        points.push(pointAt(counted, at, query.start))
      return { points, notes: [] }
    },
    baseline: async () => ({
      calibration: calibrationOf(invention),
      rate: arrivalRate(traffic.rate, 0),
      unreachedRate: 0,
    }),
    separation: async () => [],
    gates: async () => noEvidence,
    gateFacts: async () => ({ facts: { bounds: {}, calibrations: {}, routes: [] }, notes: [] }),
  }

  return {
    clock,
    routes,
    leases: lease,
    metrics,
    probe: async () => ({ status: 200, text: 'simulated' }),
    workloads: { workloads: async () => workloadsOf(invention.pods) },
    toll: impact,
  }
}

function pointAt(counted: Seconds, at: number, start: number): CountPoint {
  const index = Math.min(counted.canary.length - 1, Math.floor(at / second))
  const origin = Math.min(counted.canary.length - 1, Math.floor(start / second))
  const since = (sums: number[]) => (sums[index] as number) - (sums[origin] as number)
  return {
    t: (at - start) / second,
    canary: { total: since(counted.canary), bad: since(counted.canaryBad) },
    stable: { total: since(counted.stable), bad: since(counted.stableBad) },
    unreached: 0,
    abandoned: 0,
  }
}

/** What an hour of stable's pods would have shown, in the mean: independent errors, a row every 15 s. */
function calibrationOf({ traffic, historyHours, pods }: SimulationInput): Calibration | null {
  const n = Math.round(arrivalRate(traffic.rate, 0) * 3600 * historyHours)
  if (n === 0) return null
  const b = Math.round(n * badShare(traffic, versionModel(traffic, 'v1'), 0))
  const rows = historyHours * 240
  const v = (b * (pods - 1)) / pods
  return {
    n,
    b,
    S1: v,
    S2: v,
    S4: (v * v) / rows,
    df: b >= rows ? rows * (pods - 1) : Math.round(b * (pods - 1) * 0.5),
  }
}

function canaryShareOf(object: KubeObject): number {
  const http = (object.spec?.http ?? []) as {
    route?: { destination: { subset?: string }; weight?: number }[]
  }[]
  // The one rule of the world is the last: those that a release adds for some requests stand before it.
  const route = http.at(-1)?.route ?? []
  if (route.length === 1) return route[0]?.destination.subset === 'v2' ? 1 : 0
  const total = route.reduce((sum, entry) => sum + (entry.weight ?? 0), 0)
  const canary = route.filter((entry) => entry.destination.subset === 'v2')
  return total === 0 ? 0 : canary.reduce((sum, entry) => sum + (entry.weight ?? 0), 0) / total
}

const keyOf = (object: KubeObject) => `${object.kind}/${object.metadata.name}`

function firstObjects(): KubeObject[] {
  const object = (kind: string, spec: KubeObject['spec']): KubeObject => ({
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: {
      name: 'my-api',
      namespace: 'shop',
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    ...(spec === undefined ? {} : { spec }),
  })
  return [
    object('VirtualService', {
      hosts: [host],
      http: [{ route: [{ destination: { host, subset: 'v1' }, weight: 100 }] }],
    }),
    object('DestinationRule', { host, subsets: [{ name: 'v1', labels: { version: 'v1' } }] }),
  ]
}

function workloadsOf(pods: number): WorkloadsSnapshot {
  const versions = ['v1', 'v2']
  return {
    service: {
      name: 'my-api',
      namespace: 'shop',
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      selector: { app: 'my-api' },
      ports: [],
    },
    workloads: versions.map((version) => ({
      kind: 'Deployment',
      name: `my-api-${version}`,
      namespace: 'shop',
      version,
      image: `my-api:${version}`,
      templateLabels: { app: 'my-api', version },
      replicas: pods,
      readyReplicas: pods,
      createdAt: 0,
      serviceAccount: 'default',
    })),
    pods: versions.flatMap((version) =>
      Array.from({ length: pods }, (_, index) => ({
        name: `my-api-${version}-${index}`,
        workload: `my-api-${version}`,
        version,
        labels: { app: 'my-api', version },
        ready: true,
        deleting: false,
        createdAt: 0,
        waiting: null,
        restarts: 0,
        injected: true,
      })),
    ),
  }
}

function memoryLease() {
  const view = {
    holder: '',
    run: null,
    durationSeconds: 60,
    renewTime: '0',
    transitions: 0,
    resourceVersion: '1',
  }
  return {
    lease: async () => null,
    createLease: async () => view,
    updateLease: async () => view,
    releaseLease: async () => {},
  }
}
