import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '../../src/cluster/cluster.ts'
import { createCommands } from '../../src/commands/run-command.ts'
import { resolveRequest } from '../../src/config/resolve.ts'
import type { RawValue } from '../../src/config/sources/raw-value.ts'
import type { CommandName } from '../../src/release/commands.ts'
import type { MetricsFacts } from '../../src/release/evidence/metrics-facts.ts'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Request } from '../../src/release/request.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { decodeState } from '../../src/release/state/state-codec.ts'
import type { MetricsPort } from '../../src/rollout/ports.ts'
import { createIstioRouting } from '../../src/routing/istio/istio-routing.ts'
import { ciToken } from '../../src/sandbox/cluster/access.ts'
import { type SandboxCluster, startCluster } from '../../src/sandbox/cluster/cluster.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import { scenarioNamed } from '../../src/sandbox/scenarios/catalogue.ts'
import { createClock, type VirtualClock } from '../../src/sandbox/time/clock.ts'
import { createRandom } from '../../src/simulation/random.ts'
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts'
import { silentMetrics } from './silent-metrics.ts'
import { releaseKey } from './wire.ts'

const origin = Date.UTC(2026, 0, 12, 9)
const somebody = { manager: 'kubectl-edit', operation: 'Update' as const }
const savedKinds = ['VirtualService', 'DestinationRule', 'Lease', 'ConfigMap', 'Job'] as const
/** Requests per second to the service. */
const rate = 100

export interface RunOptions {
  signal?: AbortSignal
  onEvent?(event: RecordEvent): void
  /** The run is the post step of this holder's main step. */
  postOf?: string
  /** The run has a post step after it. */
  hasPost?: boolean
}

/**
 * LiveCluster is an API server with the shop of the scenarios on a virtual clock, and commands that run against it in
 * this process. Every request passes `proxy`, which can answer in the server's place. A Prometheus in memory counts
 * what the main VirtualService sends where.
 */
export interface LiveCluster {
  cluster: SandboxCluster
  clock: VirtualClock
  proxy: FaultProxy
  /** Share of the canary's requests that fail. */
  canaryFails: number
  /** Another door that counts requests from now on; null: those in memory are true. */
  countsThrough: Pick<MetricsPort, 'counts'> | null
  run(command: CommandName, flags?: Record<string, string>, options?: RunOptions): Promise<Outcome>
  record(): readonly RecordEvent[]
  release(): ReleaseState | null
  /** canaryShare is the canary's weight on every route of the VirtualService, in percent. */
  canaryShare(): number[]
  save(): readonly KubeObject[]
  restore(saved: readonly KubeObject[]): void
  edit(kind: string, name: string, change: (object: KubeObject) => void): void
  close(): Promise<void>
}

/** openLiveCluster starts one; stable (v1) serves, the canary (v2) is deployed and ready. */
export async function openLiveCluster(more = '', rbac?: string): Promise<LiveCluster> {
  const scenario = scenarioNamed('good')
  if (!scenario) throw new Error('there is no scenario good')
  const clock = createClock({ start: origin - 400_000, speed: null })
  const cluster = await startCluster({
    clock,
    random: createRandom(3),
    log: [],
    backend: () => null,
    ...(rbac === undefined ? {} : { rbac }),
  })
  clock.onTick(() => cluster.workloads.tick())
  cluster.apply(`${scenario.manifests}${more}`)
  await clock.advance(370_000)
  cluster.apply(scenario.deploy)
  await clock.advance(30_000)
  const proxy = await openFaultProxy(cluster.url)
  const dir = mkdtempSync(join(tmpdir(), 'shiftgate-live-'))
  let events: RecordEvent[] = []
  let runs = 0
  const { store } = cluster
  const routed = () =>
    weightsOf(store.get('VirtualService', 'shop', 'my-api'), stateIn(store)?.canary.destination ?? 'v2')
  const traffic = createTraffic(clock, () => Math.max(0, ...routed()) / 100)

  async function run(command: CommandName, flags: Record<string, string> = {}, options: RunOptions = {}) {
    const participant = clock.attach()
    const holder = `host-${++runs}`
    const request = requestOf(command, flags, { holder, dir })
    const commands = createCommands(async ({ cluster: access }) => {
      // No pause between two tries of one call: it would pass in real time.
      const sleep = async () => {}
      const door = await connect(access, {
        env: {},
        userAgent: 'test',
        random: () => 0,
        callTimeout: 5_000,
        sleep,
      })
      const ends = { prometheus: request.prometheus === null ? null : traffic.metrics }
      return {
        cluster: door,
        routing: createIstioRouting(door),
        metrics: ends.prometheus,
        probe: async () => ({ status: 200, text: '' }),
        forge: null,
        clock: { now: clock.now, sleep: async (ms, signal) => void (await participant.sleep(ms, signal)) },
        isDeadHolder: () => false,
        secrets: () => [],
        close: () => {},
      }
    })
    events = []
    const context = {
      env: {},
      signal: options.signal ?? new AbortController().signal,
      random: () => 0,
      onEvent: (event: RecordEvent) => {
        events.push(event)
        options.onEvent?.(event)
      },
      mask: () => {},
      userAgent: 'test',
      hasPost: options.hasPost ?? false,
    }
    try {
      const { postOf } = options
      const outcome =
        postOf === undefined
          ? await commands.runCommand(request, context)
          : await commands.runPost({ ...request, mainHolder: postOf }, context)
      return outcome as Outcome
    } finally {
      participant.detach()
    }
  }

  function requestOf(
    command: CommandName,
    flags: Record<string, string>,
    run: { holder: string; dir: string },
  ) {
    const needsVersion = ['rollout', 'plan', 'preflight', 'pin'].includes(command)
    const given: Record<string, string> = {
      namespace: 'shop',
      service: 'my-api',
      ...(needsVersion ? { version: 'v2' } : {}),
      ...flags,
    }
    const raw = (text: string, label: string): RawValue => ({ text, label, position: null })
    const { request } = resolveRequest({
      command,
      inputs: new Map(Object.entries(given).map(([name, text]) => [name, raw(text, `--${name}`)])),
      environment: new Map(),
      file: null,
      context: {
        holder: run.holder,
        runUrl: null,
        runId: '7',
        serverUrl: 'https://github.com',
        repository: null,
        subject: { sha: null, pullRequest: null, branch: null, fromFork: false },
        sandboxClock: null,
      },
      nameOf: (name) => `--${name}`,
      readFile: () => null,
      absolute: (path) => join(run.dir, path),
    })
    const kubeconfig = cluster.kubeconfigFor(ciToken).replaceAll(cluster.url, proxy.url)
    return {
      ...request,
      cluster: { kubeconfig: { from: 'content', value: kubeconfig }, context: null },
    } as Request
  }

  return {
    cluster,
    clock,
    proxy,
    get canaryFails() {
      return traffic.canaryFails
    },
    set canaryFails(share: number) {
      traffic.canaryFails = share
    },
    get countsThrough() {
      return traffic.countsThrough
    },
    set countsThrough(door: Pick<MetricsPort, 'counts'> | null) {
      traffic.countsThrough = door
    },
    run,
    record: () => events,
    release: () => stateIn(store),
    canaryShare: routed,
    save: () => savedKinds.flatMap((kind) => store.list(kind, 'shop')),
    restore(saved) {
      for (const kind of savedKinds) {
        for (const object of store.list(kind, 'shop')) {
          if (!saved.some((was) => was.kind === kind && was.metadata.name === object.metadata.name))
            store.remove(kindNamed(kind), object)
        }
      }
      for (const was of saved) {
        const now = store.get(was.kind, 'shop', was.metadata.name)
        if (now === null) store.create(kindNamed(was.kind), structuredClone(was), somebody)
        else store.update(kindNamed(was.kind), now, structuredClone(was), somebody)
      }
    },
    edit(kind, name, change) {
      const before = store.get(kind, 'shop', name)
      if (before === null) throw new Error(`there is no ${kind} ${name}`)
      const object = structuredClone(before)
      change(object)
      store.update(kindNamed(kind), before, object, somebody)
    },
    async close() {
      clock.close()
      await Promise.all([proxy.close(), cluster.close()])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

interface Route {
  route: { destination: { subset?: string }; weight?: number }[]
}

/** The state on the routes; null: there is none, or it can't be read. */
function stateIn({ list }: SandboxCluster['store']): ReleaseState | null {
  const text = list('VirtualService', 'shop')
    .map(({ metadata }) => metadata.annotations?.[releaseKey])
    .find((found) => found !== undefined)
  try {
    return text === undefined ? null : decodeState(text)
  } catch {
    return null
  }
}

/** A destination's weight on each rule of a VirtualService, in percent. */
function weightsOf(object: KubeObject | null, name: string): number[] {
  return ((object?.spec?.http ?? []) as unknown as Route[]).map(({ route }) =>
    route
      .filter(({ destination }) => destination.subset === name)
      .reduce((sum, { weight }) => sum + (weight ?? (route.length === 1 ? 100 : 0)), 0),
  )
}

/** createTraffic counts, second by second, what callers send where. */
function createTraffic(clock: VirtualClock, share: () => number) {
  const sums = [{ at: clock.now(), canary: 0, bad: 0, stable: 0 }]
  const world = { canaryFails: 0.001, countsThrough: null as Pick<MetricsPort, 'counts'> | null }
  clock.onTick((now, seconds) => {
    const last = sums.at(-1) as (typeof sums)[number]
    const canary = rate * seconds * share()
    sums.push({
      at: now,
      canary: last.canary + canary,
      bad: last.bad + canary * world.canaryFails,
      stable: last.stable + rate * seconds - canary,
    })
  })
  const upTo = (at: number) => sums.findLast((sum) => sum.at <= at) ?? (sums[0] as (typeof sums)[number])
  const counts = async ({ start, until, interval }: { start: number; until: number; interval: number }) => {
    const zero = upTo(start)
    const points = []
    for (let at = start; at <= until; at += interval) {
      const sum = upTo(at)
      const total = Math.floor(sum.canary - zero.canary)
      const stable = Math.floor(sum.stable - zero.stable)
      points.push({
        t: (at - start) / 1000,
        canary: { total, bad: Math.min(total, Math.floor(sum.bad - zero.bad)) },
        stable: { total: stable, bad: Math.floor(stable / 1000) },
        unreached: 0,
        abandoned: 0,
      })
    }
    return { points, notes: [] }
  }
  const host = 'my-api.shop.svc.cluster.local'
  const metrics: MetricsPort = {
    ...silentMetrics,
    counts: (query, signal) =>
      world.countsThrough === null ? counts(query) : world.countsThrough.counts(query, signal),
    reporters: async () => ({ source: 1000, destination: 1000 }),
    baseline: async (...query) => ({ ...(await silentMetrics.baseline(...query)), rate }),
    facts: async (): Promise<MetricsFacts> => ({
      host,
      series: [
        {
          reporter: 'source',
          destination_workload: 'my-api-v1',
          instance: '10.0.0.1:15020',
          pod: 'web-1',
          response_code: '200',
          response_flags: '-',
        },
      ],
      heights: [1000],
      mesh: null,
      similar: null,
      newest: clock.now(),
      asOf: clock.now(),
      interval: 15_000,
      pods: { ready: [], scraped: null },
      foreignPods: [],
      canaryRequests: 0,
      repeatable: true,
      clockSkew: null,
      slowestInterval: null,
      longRequests: null,
      selector: 'istio_requests_total{}',
    }),
    newestSample: async () => clock.now(),
  }
  return Object.assign(world, { metrics })
}
