import { isReasonCode, reasonOf } from '../../release/outcome/reasons.ts'
import type { RecordEvent } from '../../release/record/record.ts'
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
  const record = (event: { type: RecordEvent['type'] }) => {
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

/** InventedCanary is a canary in four figures: requests a second, shares of bad answers (0–1), pods of a version. */
interface InventedCanary {
  perSecond: number
  stableErrors: number
  canaryErrors: number
  pods: number
}

/** Seconds that a mesh of usual size takes to follow a change of routes. */
const propagation = 2

/** simulateCanary releases an invented canary `runs` times, with the history that the settings look at. */
export function simulateCanary(
  settings: Settings,
  { perSecond, stableErrors, canaryErrors, pods }: InventedCanary,
  options: { runs: number; seed: number },
): Promise<SimulationSummary> {
  const stable = healthyVersion(stableErrors)
  const traffic = {
    rate: { kind: 'constant' as const, perSecond },
    callers: [],
    versions: { v1: stable, v2: healthyVersion(canaryErrors) },
    others: stable,
  }
  return simulateMany(
    settings,
    { traffic, pods, propagation, historyHours: settings.history / 3_600_000 },
    options,
  )
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
  return tallyOf(releases, options.seed)
}

function tallyOf(releases: readonly SimulatedRelease[], seed: number): SimulationSummary {
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
  }
}

function isProof(reason: string): boolean {
  return isReasonCode(reason) && reasonOf(reason).proof
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
