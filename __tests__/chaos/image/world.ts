import type { Adapters } from '../../../src/commands/session/adapters.ts'
import { Failure, type FailureCode } from '../../../src/release/failure.ts'
import type { KubeObject, ServiceView, Workload, WorkloadsSnapshot } from '../../../src/release/kubernetes.ts'
import { createIstioRouting } from '../../../src/routing/istio/istio-routing.ts'
import { deploymentView, imagesOf, labelsAt, selects } from '../../../src/workloads/deployment.ts'
import { createModelLeases } from '../model/leases.ts'
import { modelMetrics } from '../model/metrics.ts'
import type { ModelProcess } from '../model/process.ts'
import { createScheduler } from '../model/scheduler.ts'
import { createPods } from './deployments.ts'
import { createStore } from './store.ts'
import { createTraffic } from './traffic.ts'

/** A call that never answers: the process that made it is gone. */
const forever = new Promise<never>(() => {})

/** Kill is where a process dies: at its n-th write (from 1), which is carried out or not. */
export interface Kill {
  write: number
  done: boolean
}

/** ImageProcess is one process of the program, with what it has written so far. */
export interface ImageProcess extends ModelProcess {
  writes: number
  kill: Kill | null
  /** Its n-th write (from 1) fails so, once. */
  fault: { write: number; code: FailureCode; done: boolean } | null
}

/** Share is the part (0–1) of the requests that the routes give to one Service, and to one subset of it. */
export interface Share {
  host: string
  subset: string | null
  share: number
}

/** createImageWorld is a cluster in memory in which Deployments have pods, and pods the requests that routes give them. */
export function createImageWorld(
  first: readonly KubeObject[],
  onWritten: (process: ImageProcess, before: readonly KubeObject[]) => void,
) {
  const scheduler = createScheduler(1_700_000_000_000)
  const { now } = scheduler
  const broken = new Set<string>()
  const fails = new Map<string, number>()
  const pods = createPods(now, broken)
  const traffic = createTraffic(now())
  const leases = createModelLeases()
  const store = createStore(() => follow())

  const deployments = () => store.all().filter(({ kind }) => kind === 'Deployment')
  const service = (name: string): ServiceView | null => serviceView(store.get('Service', name))

  /** readyBehind gives the ready pods' images behind one destination, by Deployment. */
  function readyBehind({ host, subset }: Pick<Share, 'host' | 'subset'>): Map<string, string[]> {
    const selector = { ...service(host)?.selector, ...subsetLabels(host, subset) }
    return new Map(
      deployments()
        .filter((each) => selects(selector, deploymentView(each).templateLabels))
        .map((each): [string, string[]] => [each.metadata.name, pods.readyImages(each)])
        .filter(([, images]) => images.length > 0),
    )
  }

  function subsetLabels(host: string, subset: string | null): Record<string, string> {
    if (subset === null) return {}
    const rules = store
      .all()
      .filter(({ kind, spec }) => kind === 'DestinationRule' && shortName(spec?.host) === host)
    const subsets = rules.flatMap(({ spec }) => (spec?.subsets ?? []) as { name: string; labels?: object }[])
    return (subsets.find(({ name }) => name === subset)?.labels ?? { nobody: 'nobody' }) as Record<
      string,
      string
    >
  }

  function follow(): void {
    const shares: Record<string, number> = {}
    const failing: Record<string, number> = {}
    for (const destination of sharesOf(store.all())) {
      const ready = readyBehind(destination)
      const all = [...ready.values()].flat().length
      for (const [name, images] of ready) {
        shares[name] = (shares[name] ?? 0) + (destination.share * images.length) / all
        failing[name] = Math.max(...images.map((image) => fails.get(image) ?? 0.001))
      }
    }
    traffic.follow(now(), shares, failing)
  }

  function snapshot(process: ImageProcess, name: string): WorkloadsSnapshot {
    const found = service(name)
    if (found === null) return { service: null, workloads: [], pods: [] }
    const behind = deployments().filter((each) =>
      selects(found.selector, deploymentView(each).templateLabels),
    )
    process.lastPods = { v1: 1, v2: 1 }
    return {
      service: found,
      workloads: behind.map((each) => workload(pods.withStatus(each))),
      pods: behind.flatMap((each) => pods.podsOf(each)),
    }
  }

  /** Time makes pods ready: the requests are divided anew at each reading. */
  async function read<T>(process: ImageProcess, carryOut: () => T): Promise<T> {
    if (process.dead) return forever
    follow()
    return structuredClone(carryOut())
  }

  async function write<T>(process: ImageProcess, carryOut: () => T, dryRun = false): Promise<T> {
    if (process.dead) return forever
    if (dryRun) return carryOut()
    process.writes += 1
    const { kill, fault, writes } = process
    const dies = kill?.write === writes
    const failing = fault?.write === writes ? fault : null
    if (dies) process.dead = true
    if (dies && !kill?.done) return forever
    if (failing !== null && !failing.done) throw new Failure(failing.code, 'The API server failed.')
    const before = store.all()
    const result = carryOut()
    onWritten(process, before)
    if (dies) return forever
    if (failing !== null) throw new Failure(failing.code, 'The API server failed.')
    return structuredClone(result)
  }

  function adapters(process: ImageProcess): Adapters {
    const sleep = async (ms: number, signal: AbortSignal) => {
      await scheduler.sleep(ms, signal)
      return process.dead ? forever : undefined
    }
    const isRoute = ({ kind }: KubeObject) => kind === 'VirtualService' || kind === 'DestinationRule'
    const shown = (object: KubeObject) => (object.kind === 'Deployment' ? pods.withStatus(object) : object)
    const object = (ref: { kind: string; name: string }) =>
      read(process, () => {
        const found = store.get(ref.kind, ref.name)
        return found === null ? null : shown(found)
      })
    return {
      cluster: {
        name: 'model',
        can: async (questions) => questions.map(() => true),
        get: async () => ({ groups: [] }),
        list: async () => [],
        serverTime: async () => null,
        tokenExpiry: () => null,
        workloads: (_namespace, name) => read(process, () => snapshot(process, name)),
        objects: (_namespace, kinds) =>
          read(process, () => ({
            objects: store
              .all()
              .filter(({ kind }) => (kinds as readonly string[]).includes(kind))
              .map(shown),
            unreadable: [],
          })),
        object,
        createObject: (made, { dryRun }) => write(process, () => store.create(made, dryRun), dryRun),
        patchObject: (ref, patch, { dryRun }) =>
          write(process, () => store.patch(ref, patch, dryRun), dryRun),
        deleteObject: (ref, uid) => write(process, () => store.remove(ref, uid)),
        ...leases.port(async (carryOut) => (process.dead ? forever : carryOut())),
        startWatchdog: async () => {},
        watchdogStatus: async () => ({ ready: true, waiting: null }),
        instructWatchdog: async () => {},
        stopWatchdog: async () => {},
      },
      routing: createIstioRouting({
        routing: () =>
          read(process, () => ({
            apiVersion: 'networking.istio.io/v1',
            objects: store.all().filter(isRoute),
            unreadable: [],
          })),
        object,
        write: (wanted, { dryRun }) =>
          write(
            process,
            () => {
              store.write(wanted, dryRun)
              return { warnings: [] }
            },
            dryRun,
          ),
        replace: (wanted, { dryRun }) => write(process, () => store.replace(wanted, dryRun), dryRun),
      }),
      metrics: modelMetrics(process, {
        metrics: 'ok',

        traffic: {
          pointAt: (from, at, source) => {
            follow()
            return traffic.pointAt(from, at, source)
          },
        },
      }),
      probe: async () => ({ status: 200, text: '' }),
      forge: null,
      clock: { now, sleep: sleep as Adapters['clock']['sleep'] },
      isDeadHolder: () => false,
      secrets: () => [],
      close: () => {},
    }
  }

  for (const object of first) store.put(object)
  for (const each of deployments()) pods.podsOf(each)
  scheduler.jump(60_000)
  follow()
  return {
    scheduler,
    store,
    adapters,
    readyBehind,
    readyPods: (name: string): number => {
      const found = store.get('Deployment', name)
      return found === null ? 0 : pods.readyImages(found).length
    },
    /** setImage changes the image of a Deployment's template, as somebody with kubectl would. */
    setImage(name: string, image: string): void {
      const ref = { kind: 'Deployment', namespace: 'shop', name }
      store.patch(
        ref,
        [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }],
        false,
      )
    },
    /** Images of which no pod gets ready, as `Deployment image`. */
    broken,
    /** Part of an image's answers that fails, 0–1. */
    fails,
  }
}

export type ImageWorld = ReturnType<typeof createImageWorld>

const shortName = (host: unknown): string => String(host).split('.')[0] ?? ''

/** sharesOf resolves the routes of my-api; without any, the Service itself gives it all. Written anew: it judges the program. */
export function sharesOf(objects: readonly KubeObject[]): Share[] {
  const rules = objects
    .filter(({ kind }) => kind === 'VirtualService')
    .flatMap(({ spec }) => (spec?.http ?? []) as unknown as { route: Route[] }[])
  if (rules.length === 0) return [{ host: 'my-api', subset: null, share: 1 }]
  return rules.flatMap(({ route }) => {
    const weightOf = ({ weight }: Route) => (route.length === 1 ? 1 : (weight ?? 0))
    const total = route.reduce((sum, entry) => sum + weightOf(entry), 0)
    return route.map((entry) => ({
      host: shortName(entry.destination.host),
      subset: entry.destination.subset ?? null,
      share: weightOf(entry) / total / rules.length,
    }))
  })
}

interface Route {
  destination: { host: string; subset?: string }
  weight?: number
}

function serviceView(object: KubeObject | null): ServiceView | null {
  if (object === null) return null
  return {
    name: object.metadata.name,
    namespace: 'shop',
    type: 'ClusterIP',
    clusterIP: '10.0.0.1',
    selector: labelsAt(object.spec?.selector),
    ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: null }],
  }
}

function workload(object: KubeObject): Workload {
  const view = deploymentView(object)
  const { readyReplicas = 0 } = object.status as { readyReplicas?: number }
  return {
    kind: 'Deployment',
    name: view.name,
    namespace: 'shop',
    version: view.templateLabels['version'] ?? null,
    image: imagesOf(view),
    templateLabels: { ...view.templateLabels },
    replicas: view.replicas,
    readyReplicas,
    createdAt: 0,
    serviceAccount: 'default',
  }
}
