import { Failure } from '../release/failure.ts'
import { noEvidence } from '../release/gate-evidence.ts'
import type { KubeObject, ObjectRef, RoutingSnapshot, Write } from '../release/kubernetes.ts'
import type { Random } from './random.ts'
import { initialObjects, noLease, readyWorkloads } from './simulated-objects.ts'
import { createSimulatedTraffic, type SimulatedTraffic } from './simulated-traffic.ts'
import type { SimulationInput } from './simulation-input.ts'

/**
 * createSimulatedCluster makes a cluster with one service, its mesh, its Prometheus and its clock in memory: the ports
 * that a release asks for, without a wire. Time moves only by sleeping. The same random source gives the same run.
 */
export function createSimulatedCluster(input: SimulationInput, random: Random) {
  let now = 0
  const traffic = createSimulatedTraffic(input, random.fork('requests'))
  const clock = {
    now: () => now,
    async sleep(ms: number, signal: AbortSignal) {
      signal.throwIfAborted()
      now += ms
      traffic.advance(now)
    },
  }
  return {
    clock,
    routes: simulatedRoutes((share) => traffic.shift(now, share)),
    leases: noLease(),
    metrics: simulatedMetrics(traffic),
    probe: async () => ({ status: 200, text: 'simulated' }),
    workloads: { workloads: async () => readyWorkloads(input.pods) },
    impact: traffic.impact,
  }
}

/** simulatedRoutes keeps routing objects as an API server does; `onShare` hears the canary's share after each write. */
function simulatedRoutes(onShare: (share: number) => void) {
  const objects = new Map<string, KubeObject>(initialObjects().map((object) => [keyOf(object), object]))
  let version = 1
  const ofKind = (wanted: string) => [...objects.values()].filter(({ kind }) => kind === wanted)
  return {
    routing: async (): Promise<RoutingSnapshot> => ({
      apiVersion: 'networking.istio.io/v1',
      virtualServices: ofKind('VirtualService'),
      destinationRules: ofKind('DestinationRule'),
      unreadable: [],
    }),
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
      if (object.kind === 'VirtualService') onShare(canaryShareOf(object))
      return { object, warnings: [] }
    },
    replace: async (object: KubeObject) => ({ object, warnings: [] }),
  }
}

function simulatedMetrics(traffic: SimulatedTraffic) {
  return {
    probe: async () => ({ version: 'simulated' }),
    reporters: async () => ({ source: 1, destination: 1 }),
    counts: async (query: { start: number; until: number; interval: number }) => traffic.counts(query),
    baseline: async () => traffic.baseline(),
    separation: async () => [],
    gates: async () => noEvidence,
    gateFacts: async () => ({ facts: { bounds: {}, calibrations: {}, routes: [] }, notes: [] }),
  }
}

function canaryShareOf(object: KubeObject): number {
  const http = (object.spec?.http ?? []) as {
    route?: { destination: { subset?: string }; weight?: number }[]
  }[]
  // The one rule of the service is the last: those that a release adds for some requests stand before it.
  const route = http.at(-1)?.route ?? []
  if (route.length === 1) return route[0]?.destination.subset === 'v2' ? 1 : 0
  const total = route.reduce((sum, entry) => sum + (entry.weight ?? 0), 0)
  const canary = route.filter((entry) => entry.destination.subset === 'v2')
  return total === 0 ? 0 : canary.reduce((sum, entry) => sum + (entry.weight ?? 0), 0) / total
}

const keyOf = (object: KubeObject) => `${object.kind}/${object.metadata.name}`
