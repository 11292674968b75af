import type { Adapters } from '../../../src/commands/session/adapters.ts'
import { Failure, type FailureCode } from '../../../src/release/failure.ts'
import type { KubeObject, RoutingObjects, WorkloadsSnapshot } from '../../../src/release/kubernetes.ts'
import { createIstioRouting } from '../../../src/routing/istio/istio-routing.ts'
import { readyWorkloads } from '../../../src/simulation/simulated-objects.ts'
import { createModelLeases } from './leases.ts'
import { modelMetrics } from './metrics.ts'
import { createModelObjects, type Layout, type RouteShare, routeShares } from './objects.ts'
import type { MetricsAnswer, ModelProcess } from './process.ts'
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

/** ModelEvents is what a test wants to hear of. */
export interface ModelEvents {
  onWritten(process: ModelProcess, before: readonly KubeObject[], after: readonly KubeObject[]): void
}

const refused = async (): Promise<never> => {
  throw new Failure('server-error', 'The forge is broken.')
}

const brokenForge: NonNullable<Adapters['forge']> = {
  findPullRequest: async () => ({ number: 1 }),
  findCommented: refused,
  upsertComment: refused,
}

/** createModelWorld is a cluster with its routes, pods, Lease and Prometheus in memory, whose every call can go wrong. */
export function createModelWorld(layout: Layout, events: ModelEvents) {
  const scheduler = createScheduler(1_700_000_000_000)
  const traffic = createModelTraffic(scheduler.now())
  const leases = createModelLeases()
  const world = {
    scheduler,
    traffic,
    pods: { v1: 3, v2: 3 } as Pods,
    metrics: 'ok' as MetricsAnswer,
    fault: null as Fault | null,
    odd: null as { what: OddRead; calls: number } | null,
    /** Credentials that were in force; a renewal brings a new one. */
    secrets: ['token-0'],
    /** The forge of a pull request, which answers nothing but errors; false: there is none. */
    brokenForge: false,
    /** Since the last change by somebody else no process has read all routes. */
    unseenEdit: false,
    /** Something was changed by somebody else at all. */
    edited: false,
    lease: leases.current,
    dropLease: leases.drop,
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
    if (code === 'unauthorized') world.secrets.push(`token-${world.secrets.length}`)
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
        ...leases.port(
          (carryOut) => call(process, carryOut),
          () => isOdd('no-lease') !== null,
        ),
        startWatchdog: async () => {},
        watchdogStatus: async () => ({ ready: true, waiting: null }),
        instructWatchdog: async () => {},
        stopWatchdog: async () => {},
      },
      routing,
      metrics: modelMetrics(process, world),
      probe: async () => ({ status: 200, text: '' }),
      forge: world.brokenForge ? brokenForge : null,
      clock: { now: scheduler.now, sleep: sleep as Adapters['clock']['sleep'] },
      isDeadHolder: () => false,
      secrets: () => [...world.secrets],
      close: () => {},
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
