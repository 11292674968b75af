import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import { createStore, type Store, writeSystem } from '../../src/sandbox/cluster/store.ts'
import type { Propagation } from '../../src/sandbox/mesh/config/config-view.ts'
import { createDataPlane, type DataPlane } from '../../src/sandbox/mesh/data-plane.ts'
import type { MeshOptions } from '../../src/sandbox/mesh/options.ts'
import type { ExposedSample } from '../../src/sandbox/prometheus/target.ts'
import { createRandom } from '../../src/simulation/random.ts'
import { type Caller, healthyVersion, type TrafficModel } from '../../src/simulation/traffic-model.ts'

export const host = 'my-api.shop.svc.cluster.local'

export const web: Caller = { name: 'web', namespace: 'web', through: 'sidecar', share: 1 }

export const gateway: Caller = {
  name: 'istio-ingressgateway',
  namespace: 'istio-ingress',
  through: 'gateway',
  share: 1,
}

/** plain is 200 requests a second from one sidecar caller to versions that never fail. */
export const plain: TrafficModel = {
  rate: { kind: 'constant', perSecond: 200 },
  callers: [web],
  versions: {},
  others: healthyVersion(0),
}

/** instantly lets every change reach every proxy within the debounce. */
export const instantly: Partial<Propagation> = { configMs: [0, 0], endpointMs: [0, 0] }

/** World is a store with a Service my-api in the namespace shop, and a mesh over it. */
export interface World {
  store: Store
  mesh: DataPlane
  put(object: KubeObject): void
  remove(kind: string, name: string, namespace?: string): void
  /** live lets seconds pass, one at a time. */
  live(seconds: number): void
  now(): number
  /** total sums `istio_requests_total` over the targets for the labels given. */
  total(labels: Record<string, string>): number
  samples(labels: Record<string, string>, name?: string): ExposedSample[]
}

export function createWorld(model: TrafficModel = plain, options: Partial<MeshOptions> = {}): World {
  let now = Date.UTC(2026, 2, 1, 12)
  const store = createStore(() => now)
  const put = (object: KubeObject): void => {
    writeSystem(store, object)
  }
  put(service('my-api'))
  const mesh = createDataPlane({
    store,
    now: () => now,
    random: createRandom('world'),
    model,
    origin: now,
    service: { namespace: 'shop', name: 'my-api' },
    propagation: instantly,
    ...options,
  })
  const samples: World['samples'] = (labels, name = 'istio_requests_total') =>
    mesh
      .targets()
      .flatMap((target) => target.scrape() ?? [])
      .filter((sample) => sample.labels['__name__'] === name)
      .filter((sample) =>
        Object.entries(labels).every(([key, value]) => (sample.labels[key] ?? '') === value),
      )
  return {
    store,
    mesh,
    put,
    samples,
    now: () => now,
    remove(kind, name, namespace = 'shop') {
      const object = store.get(kind, namespace, name)
      if (object === null) throw new Error(`no ${kind} ${name}`)
      store.remove(kindNamed(kind), object)
    },
    live(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        now += 1000
        mesh.tick(now, 1)
      }
    },
    total: (labels) => samples(labels).reduce((sum, sample) => sum + sample.value, 0),
  }
}

export function service(name: string, namespace = 'shop'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] },
  }
}

interface PodTraits {
  ready?: boolean
  restarts?: number
  proxyRestarts?: number
  injected?: boolean
  waiting?: string
}

/** pod makes a pod of the Deployment my-api-<version>; its address follows from its name's last digit. */
export function pod(name: string, version: string, traits: PodTraits = {}): KubeObject {
  const injected = traits.injected ?? true
  const containers = [{ name: 'app' }, ...(injected ? [{ name: 'istio-proxy' }] : [])]
  const state: JsonObject =
    traits.waiting === undefined ? { running: {} } : { waiting: { reason: traits.waiting } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      labels: { app: 'my-api', version, 'pod-template-hash': '5d4f8' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `my-api-${version}-5d4f8`, controller: true },
      ],
    },
    spec: { containers },
    status: {
      phase: 'Running',
      podIP: `10.1.0.${name.replaceAll(/\D/g, '')}`,
      conditions: [{ type: 'Ready', status: (traits.ready ?? true) ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'app', restartCount: traits.restarts ?? 0, state },
        ...(injected
          ? [{ name: 'istio-proxy', restartCount: traits.proxyRestarts ?? 0, state: { running: {} } }]
          : []),
      ],
    },
  }
}

/** destinationRule makes a rule whose subsets are named after the versions they select. */
export function destinationRule(
  versions: string[],
  traits: { namespace?: string; host?: string; name?: string } = {},
): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: traits.name ?? 'my-api', namespace: traits.namespace ?? 'shop' },
    spec: {
      host: traits.host ?? host,
      subsets: versions.map((version) => ({ name: version, labels: { version } })),
    },
  }
}

export function virtualService(name: string, spec: JsonObject, namespace = 'shop'): KubeObject {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name, namespace }, spec }
}

/** weighted makes a VirtualService of the mesh for my-api; a weight of null is left out. */
export function weighted(weights: Record<string, number | null>): KubeObject {
  return virtualService('my-api', { hosts: [host], http: [{ route: routesOf(weights) }] })
}

export function routesOf(weights: Record<string, number | null>): JsonObject[] {
  return Object.entries(weights).map(([subset, weight]) => ({
    destination: { host, subset },
    ...(weight === null ? {} : { weight }),
  }))
}

/** deviations tells by how many standard deviations a count differs from a share of n. */
export function deviations(count: number, n: number, share: number): number {
  return Math.abs(count - n * share) / Math.sqrt(n * share * (1 - share))
}
