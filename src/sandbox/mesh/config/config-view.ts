import type { KubeObject } from '../../../release/kubernetes.ts'
import type { Random } from '../../../simulation/random.ts'
import { type MeshPod, podOf } from '../proxies/pod.ts'

/** MeshChange is one change of the cluster, as the store tells it. */
export interface MeshChange {
  type: 'added' | 'modified' | 'deleted'
  object: KubeObject
  before: KubeObject | null
}

/** MeshStore is what the mesh needs of the cluster's store. */
export interface MeshStore {
  list(kind: string, namespace?: string): readonly KubeObject[]
  subscribe(listener: (change: MeshChange) => void): () => void
}

/** Propagation says how long a change takes from the API server to a proxy. Milliseconds of virtual time. */
export interface Propagation {
  /** The control plane waits for this much quiet before it pushes … */
  debounceMs: number
  /** … but no longer than this. */
  debounceMaxMs: number
  /** After the push, for VirtualServices and DestinationRules: from, to. */
  configMs: readonly [number, number]
  /** After the push, for Services and endpoints. */
  endpointMs: readonly [number, number]
}

export const defaultPropagation: Propagation = {
  debounceMs: 100,
  debounceMaxMs: 10_000,
  configMs: [1000, 3000],
  endpointMs: [0, 400],
}

const configKinds = ['VirtualService', 'DestinationRule', 'Service', 'Pod'] as const
export type ConfigKind = (typeof configKinds)[number]

/** Batch is a run of changes that the control plane pushes together. */
interface Batch {
  first: number
  last: number
}

interface Pending {
  batch: Batch
  delay: number
  key: string
  object: KubeObject | null
}

/** ConfigView is the cluster as one proxy knows it. */
export interface ConfigView {
  readonly virtualServices: ReadonlyMap<string, KubeObject>
  readonly destinationRules: ReadonlyMap<string, KubeObject>
  readonly services: ReadonlyMap<string, KubeObject>
  readonly pods: ReadonlyMap<string, MeshPod>
  /** Grows with each change that arrives. */
  version(): number
  /** nextArrival gives the time in ms at which the next known change arrives; Infinity without one. */
  nextArrival(): number
  /** applyUntil lets everything arrive that is due at `time`. */
  applyUntil(time: number): void
  announce(kind: ConfigKind, batch: Batch, key: string, object: KubeObject | null): void
}

/** ControlPlane watches the store and pushes to the views that it made. */
export interface ControlPlane {
  /** view gives a new proxy's config: all that the store holds at once, later changes with their delays. */
  view(random: Random): ConfigView
  /** forget ends the pushes to a proxy that is gone. */
  forget(view: ConfigView): void
  close(): void
}

/**
 * createControlPlane makes the path of config from the store to the proxies. Changes of one kind reach a proxy
 * in their order; between the kinds there is none, so that a route can arrive before the subset it names,
 * however close they were written.
 */
export function createControlPlane(
  store: MeshStore,
  now: () => number,
  propagation: Propagation,
  onPush: (kind: ConfigKind, type: MeshChange['type'], delayMs: number) => void = () => {},
): ControlPlane {
  const views = new Set<ConfigView>()
  const batches: Record<'config' | 'endpoints', Batch> = {
    config: { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY },
    endpoints: { first: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY },
  }
  const unsubscribe = store.subscribe((change) => {
    const kind = configKinds.find((name) => name === change.object.kind)
    if (kind === undefined || !matters(kind, change)) return
    const path = isConfig(kind) ? 'config' : 'endpoints'
    batches[path] = extended(batches[path], now(), propagation)
    onPush(
      kind,
      change.type,
      propagation.debounceMs + propagation[isConfig(kind) ? 'configMs' : 'endpointMs'][1],
    )
    const object = change.type === 'deleted' ? null : change.object
    for (const view of views) view.announce(kind, batches[path], keyOf(change.object), object)
  })
  return {
    view(random) {
      const view = createView(store, random, propagation)
      views.add(view)
      return view
    },
    forget: (view) => {
      views.delete(view)
    },
    close: unsubscribe,
  }
}

function isConfig(kind: ConfigKind): boolean {
  return kind === 'VirtualService' || kind === 'DestinationRule'
}

/** matters tells whether proxies hear of a change: only what alters spec, labels of a Pod, or an endpoint. */
function matters(kind: ConfigKind, change: MeshChange): boolean {
  if (change.type !== 'modified' || change.before === null) return true
  if (kind === 'Pod') return endpointText(change.before) !== endpointText(change.object)
  return JSON.stringify(change.before.spec) !== JSON.stringify(change.object.spec)
}

function endpointText(object: KubeObject): string {
  const pod = podOf(object)
  return pod === null ? '' : JSON.stringify([pod.ip, pod.ready, pod.labels, pod.uid])
}

function extended(batch: Batch, at: number, propagation: Propagation): Batch {
  const open = at <= batch.last + propagation.debounceMs && at < batch.first + propagation.debounceMaxMs
  if (!open) return { first: at, last: at }
  batch.last = at
  return batch
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/** Queue is the changes of one kind that are on their way to a proxy: they arrive in their order. */
interface Queue {
  add(pending: Pending): void
  /** next gives when the first of them arrives; Infinity without one. */
  next(): number
  /** take gives what has arrived by `time`, the first one; null without. */
  take(time: number): Pending | null
}

function createQueue(propagation: Propagation): Queue {
  const waiting: Pending[] = []
  let latest = 0
  const next = (): number => {
    const [head] = waiting
    if (head === undefined) return Number.POSITIVE_INFINITY
    const { first, last } = head.batch
    const push = Math.min(last + propagation.debounceMs, first + propagation.debounceMaxMs)
    return Math.max(latest, push + head.delay)
  }
  return {
    add: (pending) => waiting.push(pending),
    next,
    take(time) {
      const arrival = next()
      if (arrival > time) return null
      latest = arrival
      return waiting.shift() ?? null
    },
  }
}

function createView(store: MeshStore, random: Random, propagation: Propagation): ConfigView {
  const shelves = {
    VirtualService: new Map<string, KubeObject>(),
    DestinationRule: new Map<string, KubeObject>(),
    Service: new Map<string, KubeObject>(),
  }
  const pods = new Map<string, MeshPod>()
  const queues = new Map(configKinds.map((kind) => [kind, createQueue(propagation)]))
  let version = 0
  const place = (kind: ConfigKind, key: string, object: KubeObject | null): void => {
    version += 1
    const pod = kind === 'Pod' && object !== null ? podOf(object) : null
    if (kind === 'Pod') put(pods, key, pod)
    else put(shelves[kind], key, object)
  }
  for (const kind of configKinds) {
    for (const object of store.list(kind)) place(kind, keyOf(object), object)
  }
  return {
    virtualServices: shelves.VirtualService,
    destinationRules: shelves.DestinationRule,
    services: shelves.Service,
    pods,
    version: () => version,
    nextArrival: () => Math.min(...[...queues.values()].map((queue) => queue.next())),
    applyUntil(time) {
      for (const [kind, queue] of queues) {
        for (let one = queue.take(time); one !== null; one = queue.take(time))
          place(kind, one.key, one.object)
      }
    },
    announce(kind, batch, key, object) {
      const [from, to] = isConfig(kind) ? propagation.configMs : propagation.endpointMs
      queues.get(kind)?.add({ batch, delay: from + (to - from) * random.next(), key, object })
    },
  }
}

function put<T>(shelf: Map<string, T>, key: string, object: T | null): void {
  if (object === null) shelf.delete(key)
  else shelf.set(key, object)
}
