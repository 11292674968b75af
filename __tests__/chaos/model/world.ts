import type { Adapters } from '../../../src/commands/session/adapters.ts'
import type { CountPoint, CountSeries } from '../../../src/release/evidence/counts.ts'
import { Failure, type FailureCode } from '../../../src/release/failure.ts'
import type { KubeObject, RoutingObjects, WorkloadsSnapshot } from '../../../src/release/kubernetes.ts'
import type { LeaseSpec, LeaseView, MetricsPort } from '../../../src/rollout/ports.ts'
import { createIstioRouting } from '../../../src/routing/istio/istio-routing.ts'
import { readyWorkloads } from '../../../src/simulation/simulated-objects.ts'
import { createModelObjects, type Layout, type RouteShare, routeShares } from './objects.ts'
import { createScheduler } from './scheduler.ts'
import { createModelTraffic, type Pods } from './traffic.ts'

/** A call that never answers: the process that made it is gone. */
const forever = new Promise<never>(() => {})

/** Fault is what becomes of the next calls of the API server: `done`: carried out, and the answer lost. */
export interface Fault {
  code: FailureCode
  calls: number
  done: boolean
  /** ms before it fails. */
  after: number
}

/** OddRead is an answer that is well-formed, and not true. */
export type OddRead =
  | 'no-routes'
  | 'no-subsets'
  | 'no-release'
  | 'no-pods'
  | 'no-workloads'
  | 'no-service'
  | 'no-lease'

export type MetricsAnswer = 'ok' | 'down' | 'odd' | 'refused' | 'partial' | 'blind' | 'gone'

/** ModelProcess is one process of the program: what it was last told, and whether it still lives. */
export interface ModelProcess {
  holder: string
  dead: boolean
  /** It dies at this call; Infinity: it doesn't. */
  killAtCall: number
  calls: number
  lastPods: Pods
  lastMetrics: MetricsAnswer | 'none'
}

/** ModelEvents is what a test wants to hear of. */
export interface ModelEvents {
  onWritten(process: ModelProcess, before: readonly KubeObject[], after: readonly KubeObject[]): void
}

/** createModelWorld is a cluster with its routes, pods, Lease and Prometheus in memory, whose every call can go wrong. */
export function createModelWorld(layout: Layout, events: ModelEvents) {
  const scheduler = createScheduler(1_700_000_000_000)
  const traffic = createModelTraffic(scheduler.now())
  let lease: LeaseView | null = null
  let leaseVersion = 0
  const world = {
    scheduler,
    traffic,
    pods: { v1: 3, v2: 3 } as Pods,
    metrics: 'ok' as MetricsAnswer,
    fault: null as Fault | null,
    odd: null as { what: OddRead; calls: number } | null,
    /** Since the last change by somebody else no process has read all routes. */
    unseenEdit: false,
    /** Something was changed by somebody else at all. */
    edited: false,
    lease: () => lease,
    dropLease: () => {
      lease = null
    },
    routes: (): RouteShare[] => routeShares(objects.virtualServices(), objects.destinationRules()),
    follow: () => traffic.follow(scheduler.now(), world.routes(), world.pods),
    objects: null as unknown as ReturnType<typeof createModelObjects>,
    adapters,
  }
  const objects = createModelObjects(layout, () => {
    if (world.objects) world.follow()
  })
  world.objects = objects

  /** Every call can be the last, fail before it is carried out, or after. */
  async function call<T>(process: ModelProcess, carryOut: () => T | Promise<T>): Promise<T> {
    process.calls += 1
    if (process.calls >= process.killAtCall) process.dead = true
    if (process.dead) return forever
    const { fault } = world
    if (fault === null || fault.calls <= 0) return carryOut()
    fault.calls -= 1
    const { code, done, after } = fault
    if (after > 0) await scheduler.sleep(after, null)
    if (process.dead) return forever
    if (done) await carryOut()
    throw new Failure(code, `The API server failed (${code}).`)
  }

  /** isOdd tells whether this reading is one that is not true. */
  function isOdd(...kinds: OddRead[]): OddRead | null {
    if (world.odd === null || world.odd.calls <= 0 || !kinds.includes(world.odd.what)) return null
    world.odd.calls -= 1
    return world.odd.what
  }

  function readRoutes(found: RoutingObjects): RoutingObjects {
    world.unseenEdit = false
    const odd = isOdd('no-routes', 'no-subsets', 'no-release')
    if (odd === 'no-routes') return { ...found, objects: [] }
    if (odd === 'no-subsets')
      return { ...found, objects: found.objects.filter(({ kind }) => kind !== 'DestinationRule') }
    if (odd === 'no-release') return { ...found, objects: found.objects.map(withoutAnnotations) }
    return found
  }

  function podsNow(process: ModelProcess): WorkloadsSnapshot {
    const all = modelWorkloads()
    const odd = isOdd('no-pods', 'no-workloads', 'no-service')
    if (odd === 'no-workloads') return { ...all, workloads: [] }
    if (odd === 'no-service') return { ...all, service: null }
    const pods = all.pods.filter(({ name, version }) => {
      const count = version === 'v1' ? world.pods.v1 : world.pods.v2
      return odd !== 'no-pods' && Number(name.at(-1)) < count
    })
    const ready = (version: string) => pods.filter((pod) => pod.version === version).length
    process.lastPods = { v1: ready('v1'), v2: ready('v2') }
    return { ...all, pods }
  }

  function adapters(process: ModelProcess): Adapters {
    const { api } = objects
    const sleep = async (ms: number, signal: AbortSignal) => {
      await scheduler.sleep(ms, signal)
      return process.dead ? forever : undefined
    }
    const routing = createIstioRouting({
      routing: (namespace, signal) =>
        call(process, async () => readRoutes(await api.routing(namespace, signal))),
      object: (ref, signal) => call(process, () => api.object(ref, signal)),
      write: (write, options, signal) =>
        call(process, async () => {
          const before = objects.all()
          const result = await api.write(write, options, signal)
          if (!options.dryRun) events.onWritten(process, before, objects.all())
          return result
        }),
      replace: (object, options, signal) => call(process, () => api.replace(object, options, signal)),
    })
    return {
      cluster: {
        name: 'model',
        can: async (questions) => questions.map(() => true),
        get: async () => ({ groups: [] }),
        list: async () => [],
        serverTime: async () => null,
        tokenExpiry: () => null,
        workloads: () => call(process, () => podsNow(process)),
        ...noObjects,
        ...leases(process),
        startWatchdog: async () => {},
        watchdogStatus: async () => ({ ready: true, waiting: null }),
        instructWatchdog: async () => {},
        stopWatchdog: async () => {},
      },
      routing,
      metrics: modelMetrics(process, world),
      probe: async () => ({ status: 200, text: '' }),
      forge: null,
      clock: { now: scheduler.now, sleep: sleep as Adapters['clock']['sleep'] },
      isDeadHolder: () => false,
      secrets: () => [],
      close: () => {},
    }
  }

  function leases(process: ModelProcess) {
    const view = (spec: LeaseSpec): LeaseView => ({
      holder: spec.holder,
      release: spec.release,
      durationSeconds: spec.durationSeconds,
      renewTime: String(spec.renewedAt),
      transitions: spec.transitions,
      resourceVersion: String(++leaseVersion),
    })
    return {
      lease: () => call(process, () => (isOdd('no-lease') ? null : lease)),
      createLease: (_namespace: string, _name: string, spec: LeaseSpec) =>
        call(process, () => {
          if (lease !== null) throw new Failure('already-exists', 'There is one.')
          lease = view(spec)
          return lease
        }),
      updateLease: (_namespace: string, _name: string, spec: LeaseSpec, seen: string) =>
        call(process, () => {
          if (lease === null) throw new Failure('not-found', 'There is none.')
          if (lease.resourceVersion !== seen) throw new Failure('conflict', 'It has been changed.')
          lease = view(spec)
          return lease
        }),
      releaseLease: (_namespace: string, _name: string, release: string | null, seen: string) =>
        call(process, () => {
          if (lease?.resourceVersion === seen)
            lease = { ...lease, holder: '', release, resourceVersion: String(++leaseVersion) }
        }),
    }
  }
  world.follow()
  return world
}

export type ModelWorld = ReturnType<typeof createModelWorld>

/** Whoever releases by image makes objects; the releases here find their Deployments. */
const refuse = async (): Promise<never> => {
  throw new Failure('forbidden', 'Nothing is made here.')
}
const noObjects = {
  objects: async () => ({ objects: [], unreadable: [] }),
  object: async () => null,
  createObject: refuse,
  patchObject: refuse,
  deleteObject: refuse,
}

function modelWorkloads(): WorkloadsSnapshot {
  const all = readyWorkloads(3)
  const ports = [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: null }]
  return { ...all, service: all.service && { ...all.service, ports } }
}

function withoutAnnotations(object: KubeObject): KubeObject {
  const { annotations: _, ...metadata } = object.metadata
  return { ...object, metadata: metadata as KubeObject['metadata'] }
}

function modelMetrics(
  process: ModelProcess,
  world: { metrics: MetricsAnswer; traffic: ModelWorld['traffic']; scheduler: ModelWorld['scheduler'] },
): MetricsPort {
  const answer = (): void => {
    process.lastMetrics = world.metrics
    if (world.metrics === 'down') throw new Failure('unreachable', 'Prometheus is away.')
    if (world.metrics === 'odd') throw new Failure('bad-answer', 'Prometheus answers nonsense.')
    if (world.metrics === 'refused') throw new Failure('unauthorized', 'Prometheus rejects the credentials.')
    if (world.metrics === 'partial') throw new Failure('incomplete', 'The answer is incomplete.')
  }
  const counts = ({
    start,
    until,
    interval,
  }: {
    start: number
    until: number
    interval: number
  }): CountSeries => {
    answer()
    const points: CountPoint[] = []
    for (let at = start; at <= until; at += interval) points.push(world.traffic.pointAt(start, at))
    const hidden = world.metrics === 'blind' ? 1 : world.metrics === 'gone' ? 4 : 0
    const from = points.length - hidden
    const nothing = { canary: null, stable: null }
    return {
      points: points.map((point, index) => (index < from ? point : { ...point, ...nothing })),
      notes: [],
    }
  }
  const host = 'my-api.shop.svc.cluster.local'
  const asked =
    <Value>(value: Value) =>
    async (): Promise<Value> => {
      if (process.dead) return forever
      answer()
      return value
    }
  return {
    counts: async (query) => (process.dead ? forever : counts(query)),
    probe: asked({ version: 'model' }),
    reporters: asked({ source: 1, destination: 1 }),
    facts: async ({ until, readyPods }) => {
      answer()
      const labels = { reporter: 'source', instance: 'a', pod: 'caller', destination_service: host }
      const pods = { ready: readyPods, scraped: readyPods }
      return {
        host,
        series: [labels],
        heights: [700],
        mesh: null,
        similar: null,
        newest: until - 5_000,
        asOf: until,
        interval: 15_000,
        pods,
        foreignPods: [],
        canaryRequests: 0,
        repeatable: true,
        clockSkew: null,
        slowestInterval: 15_000,
        longRequests: null,
        selector: 'istio_requests_total{}',
      }
    },
    baseline: asked({
      calibration: { n: 180_000, b: 180, S1: 120, S2: 120, S4: 60, df: 400 },
      rate: 50,
      unreachedRate: 0,
      jumps: null,
    }),
    separation: asked([]),
    infrastructure: asked([]),
    routeCounts: asked([]),
    routeCalibrations: asked([]),
    latencyBounds: asked(null),
    latencyCounts: asked(null),
    latencyCalibration: asked(null),
    failedRequests: asked({ kinds: { canary: [], stable: [] }, pods: { canary: [], stable: [] } }),
    slowPods: asked({ canary: [], stable: [] }),
    streamMessages: asked({ canary: 0, stable: 0 }),
    durationCounts: asked([]),
    latencyQuantiles: asked({ canary: null, stable: null }),
    instant: asked({ series: [], warnings: [] }),
    range: asked({ series: [], warnings: [] }),
    scrapeInterval: asked(15_000),
    newestSample: asked(null),
  }
}
