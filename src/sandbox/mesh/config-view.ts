import type { KubeObject } from '../../release/kubernetes.ts'
import type { Random } from '../../simulation/random.ts'
import { type MeshPod, podOf } from './pod.ts'

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

export const configKinds = ['VirtualService', 'DestinationRule', 'Service', 'Pod'] as const
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

function createView(store: MeshStore, random: Random, propagation: Propagation): ConfigView {
  const objects: Record<Exclude<ConfigKind, 'Pod'>, Map<string, KubeObject>> = {
    VirtualService: new Map(),
    DestinationRule: new Map(),
    Service: new Map(),
  }
  const pods = new Map<string, MeshPod>()
  const queues: Record<ConfigKind, Pending[]> = {
    VirtualService: [],
    DestinationRule: [],
    Service: [],
    Pod: [],
  }
  const latest: Record<ConfigKind, number> = { VirtualService: 0, DestinationRule: 0, Service: 0, Pod: 0 }
  let version = 0

  const place = (kind: ConfigKind, key: string, object: KubeObject | null): void => {
    version += 1
    if (kind !== 'Pod') {
      if (object === null) objects[kind].delete(key)
      else objects[kind].set(key, object)
      return
    }
    const pod = object === null ? null : podOf(object)
    if (pod === null) pods.delete(key)
    else pods.set(key, pod)
  }
  const arrivalOf = (kind: ConfigKind, pending: Pending): number => {
    const { batch } = pending
    const push = Math.min(batch.last + propagation.debounceMs, batch.first + propagation.debounceMaxMs)
    return Math.max(latest[kind], push + pending.delay)
  }
  for (const kind of configKinds) {
    for (const object of store.list(kind)) place(kind, keyOf(object), object)
  }
  return {
    virtualServices: objects.VirtualService,
    destinationRules: objects.DestinationRule,
    services: objects.Service,
    pods,
    version: () => version,
    nextArrival() {
      let next = Number.POSITIVE_INFINITY
      for (const kind of configKinds) {
        const head = queues[kind][0]
        if (head !== undefined) next = Math.min(next, arrivalOf(kind, head))
      }
      return next
    },
    applyUntil(time) {
      for (const kind of configKinds) {
        for (let head = queues[kind][0]; head !== undefined; head = queues[kind][0]) {
          const arrival = arrivalOf(kind, head)
          if (arrival > time) break
          latest[kind] = arrival
          queues[kind].shift()
          place(kind, head.key, head.object)
        }
      }
    },
    announce(kind, batch, key, object) {
      const [from, to] = isConfig(kind) ? propagation.configMs : propagation.endpointMs
      queues[kind].push({ batch, delay: from + (to - from) * random.next(), key, object })
    },
  }
}
