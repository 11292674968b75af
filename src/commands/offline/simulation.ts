import { activeGates, countsFailedRequests, gateTypeOf, routeLabelOf } from '../../gates/selection.ts'
import { fillTemplate } from '../../gates/template.ts'
import type { GateMode, GateSpec, SideName } from '../../release/gates.ts'
import { isReasonCode, reasonOf } from '../../release/outcome/reasons.ts'
import type { EventBody } from '../../release/record/event-body.ts'
import type { Settings } from '../../release/settings.ts'
import { driveRelease } from '../../rollout/loop/loop.ts'
import type { Session } from '../../rollout/session.ts'
import { measureBaseline } from '../../rollout/start/baseline.ts'
import { startRelease } from '../../rollout/start/start.ts'
import { createRandom } from '../../simulation/random.ts'
import { createSimulatedCluster } from '../../simulation/simulated-cluster.ts'
import type { SimulationInput } from '../../simulation/simulation-input.ts'
import { healthyVersion } from '../../simulation/traffic-model.ts'

/** SimulatedRelease is how one invented release ended. */
interface SimulatedRelease {
  result: string
  reason: string
  /** Seconds from the first weight write to the end. */
  seconds: number
  requests: number
  failed: number
  excess: number
  /** Gates that proved the canary worse. */
  proved: ReadonlySet<string>
}

/** SimulationSummary is what happened over many simulated releases. Shares 0–1, times in seconds. */
export interface SimulationSummary {
  runs: number
  seed: number
  outcomes: { result: string; reason: string; share: number; medianSeconds: number; p95Seconds: number }[]
  promoted: number
  rolledBackOnProof: number
  endedWithoutProof: number
  meanExcessFailures: number
  /** How often each gate proved the canary worse, 0–1, whether it decides or observes. */
  gates: { gate: string; mode: GateMode; proved: number }[]
}

const never = new AbortController().signal
const side = (version: string) => ({
  version,
  destination: version,
  workload: `my-api-${version}`,
  image: version,
})

/**
 * simulateRelease runs the real release, decision by decision, against an invented canary in memory. The same seed
 * gives the same release.
 */
export async function simulateRelease(
  settings: Settings,
  input: SimulationInput,
  seed: string,
): Promise<SimulatedRelease> {
  const world = createSimulatedCluster(input, createRandom(seed))
  let began = 0
  const proved = new Set<string>()
  const record = (event: EventBody) => {
    if (event.type === 'gate' && event.verdict.verdict === 'fail') proved.add(event.gate)
    if (event.type === 'verdict' && event.verdict.verdict === 'fail')
      proved.add(event.verdict.gate ?? errorsGate)
    if (event.type === 'step' && began === 0) began = world.clock.now()
  }
  const session = sessionIn(world, settings, record)
  const workloads = await world.workloads.workloads()
  const start = {
    stable: side('v1'),
    canary: side('v2'),
    runId: seed,
    fencingToken: 0,
    history: [],
    retired: [],
  }
  const before = await measureBaseline(session, start, workloads, never)
  await startRelease(session, start, before, workloads, never)
  const end = await driveRelease(session, never)
  return {
    result: end.result,
    reason: end.reason,
    seconds: (world.clock.now() - began) / 1000,
    ...world.impact,
    proved,
  }
}

function sessionIn(
  { routing, workloads, leases, metrics, probe, clock }: ReturnType<typeof createSimulatedCluster>,
  settings: Settings,
  record: Session['record'],
): Session {
  return {
    routing,
    workloads,
    leases,
    objects: null,
    watchdogs: null,
    metrics,
    probe,
    clock,
    scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
    settings,
    holder: 'simulation',
    succeeds: () => false,
    record,
    lease: null,
    obeyedCommand: null,
    held: null,
  }
}

/** InventedCanary is a canary in figures: requests a second, shares of bad answers (0–1), pods of a version. */
interface InventedCanary {
  perSecond: number
  stableErrors: number
  canaryErrors: number
  pods: number
  /** Half of the answers take longer, ms; absent: 20. */
  stableMs?: number
  /** absent: as stable. */
  canaryMs?: number
  /** Share of the canary's good answers that are 404 where stable's are 200, 0–1; absent: none. */
  canaryNotFound?: number
}

/** Seconds that a mesh of usual size takes to follow a change of routes. */
const propagation = 2

/** simulateCanary releases an invented canary `runs` times, with the history that the settings look at. */
export function simulateCanary(
  settings: Settings,
  invented: InventedCanary,
  options: { runs: number; seed: number },
): Promise<SimulationSummary> {
  const { perSecond, stableErrors, canaryErrors, pods, stableMs = 20, canaryMs = stableMs } = invented
  const taking = (share: number, medianMs: number) => ({
    ...healthyVersion(share),
    latency: { ...healthyVersion(share).latency, medianMs },
  })
  const stable = taking(stableErrors, stableMs)
  const odd = invented.canaryNotFound ?? 0
  const goodCodes = [
    { code: '404', weight: odd },
    { code: '200', weight: 1 - odd },
  ]
  const traffic = {
    rate: { kind: 'constant' as const, perSecond },
    callers: [],
    versions: { v1: stable, v2: { ...taking(canaryErrors, canaryMs), goodCodes } },
    others: stable,
  }
  return simulateMany(
    settings,
    {
      traffic,
      pods,
      propagation,
      historyHours: settings.history / 3_600_000,
      detailed: activeGates(settings).some(({ type }) => type !== errorsGate),
      counters: countersOf(settings),
    },
    options,
  )
}

/** LeftOut is a gate that nothing can be invented for, or whose routes nothing can be. */
interface LeftOut {
  gate: string
  routesOnly: boolean
}

/** simulatedSettings leaves out what can't be invented, and names those gates: readings of a query or an address, and routes. */
export function simulatedSettings(settings: Settings): { settings: Settings; left: LeftOut[] } {
  const isKnown = ({ type }: GateSpec) =>
    gateTypeOf({ name: '', type, mode: 'observe' }).judgedBy !== 'limits'
  const gates = settings.gates.filter(isKnown)
  const left = settings.gates
    .filter((gate) => !isKnown(gate))
    .map(({ name }) => ({ gate: name, routesOnly: false }))
  const withRoutes = gates.filter((gate) => routeLabelOf([gate]) !== null)
  return {
    settings: {
      ...settings,
      gates: gates.map((gate) => (withRoutes.includes(gate) ? { ...gate, routes: null } : gate)),
    },
    left: [...left, ...withRoutes.map(({ name }) => ({ gate: name, routesOnly: true }))],
  }
}

/** countersOf names the queries that stand for the counters of the user's own, as the gates will ask them. */
function countersOf({ gates }: Settings): NonNullable<SimulationInput['counters']> {
  const sides = { namespace: 'shop', service: 'my-api', host: 'my-api.shop.svc.cluster.local' }
  const versions = { canary: side('v2'), stable: side('v1') }
  const source = {
    reporter: 'source' as const,
    label: 'destination_workload',
    canary: versions.canary.workload,
    stable: versions.stable.workload,
  }
  const counters = new Map<string, { side: SideName; kind: 'bad' | 'all' }>()
  for (const { type, bad, total } of gates) {
    if (type !== 'ratio') continue
    for (const name of ['canary', 'stable'] as const) {
      const filled = (template: unknown) =>
        fillTemplate(String(template), { ...sides, source, ...versions }, name)
      counters.set(filled(bad), { side: name, kind: 'bad' })
      counters.set(filled(total), { side: name, kind: 'all' })
    }
  }
  return counters
}

/** simulateMany runs `runs` releases and counts how they ended. */
async function simulateMany(
  settings: Settings,
  input: SimulationInput,
  options: { runs: number; seed: number },
): Promise<SimulationSummary> {
  const releases: SimulatedRelease[] = []
  for (let run = 0; run < options.runs; run++) {
    releases.push(await simulateRelease(settings, input, `${options.seed}/${run}`))
  }
  return tallyOf(releases, settings, options.seed)
}

/** The gate of failed requests, which every release has. */
const errorsGate = 'errors'

function tallyOf(releases: readonly SimulatedRelease[], settings: Settings, seed: number): SimulationSummary {
  const active = activeGates(settings)
  const errors: GateSpec = { name: errorsGate, type: errorsGate, mode: 'enforce' }
  const gates = active.some(countsFailedRequests) ? active : [errors, ...active]
  const runs = releases.length
  const shareOf = (holds: (release: SimulatedRelease) => boolean) => releases.filter(holds).length / runs
  const kinds = [...new Set(releases.map(({ result, reason }) => `${result} ${reason}`))].sort()
  return {
    runs,
    seed,
    outcomes: kinds.map((kind) => {
      const [result = '', reason = ''] = kind.split(' ')
      const alike = releases.filter((release) => `${release.result} ${release.reason}` === kind)
      const seconds = alike.map((release) => release.seconds).sort((a, b) => a - b)
      return {
        result,
        reason,
        share: alike.length / runs,
        medianSeconds: quantile(seconds, 0.5),
        p95Seconds: quantile(seconds, 0.95),
      }
    }),
    promoted: shareOf(({ result }) => result === 'promoted'),
    rolledBackOnProof: shareOf(({ reason }) => isProof(reason)),
    endedWithoutProof: shareOf(({ result, reason }) => result !== 'promoted' && !isProof(reason)),
    meanExcessFailures: releases.reduce((sum, { excess }) => sum + excess, 0) / runs,
    gates: gates.map(({ name, mode }) => ({
      gate: name,
      mode,
      proved: shareOf(({ proved }) => proved.has(name)),
    })),
  }
}

function isProof(reason: string): boolean {
  return isReasonCode(reason) && reasonOf(reason).proof
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
