import type { CountPoint, CountSeries } from '../../../src/release/evidence/counts.ts'
import { Failure, type FailureCode } from '../../../src/release/failure.ts'
import type { WorkloadsSnapshot } from '../../../src/release/kubernetes.ts'
import type { LeaseSpec, LeaseView } from '../../../src/rollout/ports.ts'
import type { Session } from '../../../src/rollout/session.ts'
import type { RouteSnapshot, RouteWrite } from '../../../src/routing/routing.ts'
import { createInMemoryRouting } from '../../../src/simulation/in-memory-routing.ts'
import { readyWorkloads } from '../../../src/simulation/simulated-objects.ts'
import { silentMetrics } from '../../support/silent-metrics.ts'

/** A call that never answers: the process that made it is gone. */
const forever = new Promise<never>(() => {})

/** Fault is what becomes of the next calls of the API server: `done`: it was carried out, and the answer lost. */
export interface Fault {
  code: FailureCode
  calls: number
  done: boolean
}

/** Segment is a time in which nothing about the traffic changes. Times in ms. */
interface Segment {
  from: number
  share: number
  perSecond: number
  canaryFails: number
}

/** ModelEvents is what a test wants to hear of. */
export interface ModelEvents {
  /** A write is about to be carried out. */
  onWrite(write: RouteWrite, before: Shown): void
  /** It was. */
  onWritten(before: Shown, after: Shown): void
}

/** Shown is what the routes say at one moment. */
export interface Shown {
  share: number
  state: string | null
}

/** createModelCluster is a cluster in memory on a virtual clock, whose every call can go wrong. */
export function createModelCluster(events: ModelEvents) {
  let now = 1_700_000_000_000
  let calls = 0
  let lease: LeaseView | null = null
  const due: { at: number; event: () => void | Promise<void> }[] = []
  const traffic: Segment[] = [{ from: now, share: 0, perSecond: 50, canaryFails: 0 }]
  const change = (part: Partial<Segment>) =>
    traffic.push({ ...(traffic.at(-1) as Segment), ...part, from: now })
  const inner = createInMemoryRouting('v1', ({ v2: share = 0 }) => change({ share }))
  const world = {
    /** Set to end the process at its next call. */
    dead: false,
    killAtCall: Number.POSITIVE_INFINITY,
    fault: null as Fault | null,
    metrics: 'ok' as 'ok' | 'down' | 'odd' | 'blind',
    pods: { v1: 3, v2: 3 },
    emptyPods: 0,
    /** What the process was last told. */
    lastPods: { v1: 3, v2: 3 },
    lastMetrics: 'none' as 'none' | 'ok' | 'down' | 'odd' | 'blind',
    now: () => now,
    calls: () => calls,
    at: (ms: number, event: () => void | Promise<void>) => due.push({ at: now + ms, event }),
    jump: (ms: number) => {
      now += ms
    },
    traffic: change,
    routes: inner,
    share: () => inner.current().shares['v2'] ?? 0,
    shown: (): Shown => ({ share: inner.current().shares['v2'] ?? 0, state: inner.current().state }),
    /** order leaves a command for the release in flight, as another process does. */
    order(name: string) {
      try {
        const { id } = JSON.parse(inner.current().state ?? '') as { id: string }
        inner.edit({ command: JSON.stringify({ release: id, name, by: 'somebody' }) })
      } catch {
        // Nobody can send a command to a release that nobody can read.
      }
    },
    dropLease: () => {
      lease = null
    },
    heal() {
      world.fault = null
      world.metrics = 'ok'
      world.pods = { v1: 3, v2: 3 }
      world.emptyPods = 0
      due.length = 0
    },
  }

  /** Every call can be the last, fail before it is carried out, or after. */
  async function call<T>(carryOut: () => T | Promise<T>): Promise<T> {
    calls += 1
    if (calls >= world.killAtCall) world.dead = true
    if (world.dead) return forever
    const fault = world.fault
    if (fault === null || fault.calls <= 0) return carryOut()
    fault.calls -= 1
    if (fault.done) await carryOut()
    throw new Failure(fault.code, `The API server failed (${fault.code}).`)
  }

  async function passTime(ms: number): Promise<void> {
    const until = now + ms
    for (;;) {
      due.sort((left, right) => left.at - right.at)
      const next = due[0]
      if (!next || next.at > until) break
      due.shift()
      now = Math.max(now, next.at)
      await next.event()
    }
    now = Math.max(now, until)
  }

  const clock: Session['clock'] = {
    now: () => now,
    async sleep(ms, signal) {
      signal.throwIfAborted()
      if (world.dead) return forever
      await passTime(ms)
      if (world.dead) return forever
      signal.throwIfAborted()
    },
  }

  const routing: Session['routing'] = {
    ...inner,
    read: (namespace, signal) => call(() => inner.read(namespace, signal)),
    refresh: (snapshot: RouteSnapshot, target, signal) => call(() => inner.refresh(snapshot, target, signal)),
    async apply(write, signal) {
      const before = world.shown()
      events.onWrite(write, before)
      return call(() => {
        const done = inner.apply(write, signal)
        events.onWritten(before, world.shown())
        return done
      })
    },
    dryRun: (write, present, signal) => call(() => inner.dryRun(write, present, signal)).then(() => {}),
  }

  const view = (spec: LeaseSpec, version: number): LeaseView => ({
    holder: spec.holder,
    release: spec.release,
    durationSeconds: spec.durationSeconds,
    renewTime: String(spec.renewedAt),
    transitions: spec.transitions,
    resourceVersion: String(version),
  })
  const swap = (spec: LeaseSpec, seen: string): LeaseView => {
    if (lease === null) throw new Failure('not-found', 'no Lease')
    if (lease.resourceVersion !== seen) throw new Failure('conflict', 'stale')
    lease = view(spec, Number(seen) + 1)
    return lease
  }
  const leases: Session['leases'] = {
    lease: () => call(() => lease),
    createLease: (_namespace, _name, spec) =>
      call(() => {
        if (lease !== null) throw new Failure('already-exists', 'there is one')
        lease = view(spec, 1)
        return lease
      }),
    updateLease: (_namespace, _name, spec, seen) => call(() => swap(spec, seen)),
    releaseLease: (_namespace, _name, release, seen) =>
      call(() => {
        if (lease?.resourceVersion === seen) lease = { ...lease, holder: '', release }
      }),
  }

  const podsNow = (): WorkloadsSnapshot => {
    const all = readyWorkloads(3)
    const empty = world.emptyPods > 0
    if (empty) world.emptyPods -= 1
    const pods = all.pods.filter(({ name, version }) => {
      const count = version === 'v1' ? world.pods.v1 : world.pods.v2
      return !empty && Number(name.at(-1)) < count
    })
    const ready = (version: string) => pods.filter((pod) => pod.version === version).length
    world.lastPods = { v1: ready('v1'), v2: ready('v2') }
    return { ...all, pods }
  }

  function counts({
    start,
    until,
    interval,
  }: {
    start: number
    until: number
    interval: number
  }): CountSeries {
    const { metrics } = world
    world.lastMetrics = metrics
    if (metrics === 'down') throw new Failure('unreachable', 'Prometheus is away.')
    if (metrics === 'odd') throw new Failure('bad-answer', 'Prometheus answers nonsense.')
    const points: CountPoint[] = []
    for (let at = start; at <= until; at += interval) points.push(pointAt(traffic, start, at))
    const last = points.at(-1)
    if (metrics === 'blind' && last) points[points.length - 1] = { ...last, canary: null, stable: null }
    return { points, notes: [] }
  }

  const metrics: Session['metrics'] = {
    ...silentMetrics,
    counts: async (query) => {
      if (world.dead) return forever
      return counts(query)
    },
    reporters: async () => ({ source: 1, destination: 1 }),
    newestSample: async () => null,
    facts: async () => {
      throw new Error('a release in flight asks for no facts')
    },
  }

  const ports = {
    clock,
    routing,
    leases,
    metrics,
    probe: async () => ({ status: 200, text: '' }),
    workloads: { workloads: () => call(podsNow) },
  }
  return { world, ports }
}

export type ModelCluster = ReturnType<typeof createModelCluster>

/** What a Prometheus that misses nothing has counted between two moments. */
function pointAt(traffic: readonly Segment[], start: number, at: number): CountPoint {
  const canary = { total: 0, bad: 0 }
  const stable = { total: 0, bad: 0 }
  traffic.forEach((segment, index) => {
    const from = Math.max(start, segment.from)
    const until = Math.min(at, traffic[index + 1]?.from ?? Number.POSITIVE_INFINITY)
    if (until <= from) return
    const requests = ((until - from) / 1000) * segment.perSecond
    canary.total += requests * segment.share
    canary.bad += requests * segment.share * segment.canaryFails
    stable.total += requests * (1 - segment.share)
    stable.bad += requests * (1 - segment.share) * 0.001
  })
  const whole = (counts: { total: number; bad: number }) => ({
    total: Math.floor(counts.total),
    bad: Math.min(Math.floor(counts.total), Math.floor(counts.bad)),
  })
  return { t: (at - start) / 1000, canary: whole(canary), stable: whole(stable), unreached: 0, abandoned: 0 }
}
