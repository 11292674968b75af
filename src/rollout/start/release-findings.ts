import { countedGates } from '../../gates/selection.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { ReleaseFinding } from '../../release/record/release-finding.ts'
import type { Settings } from '../../release/settings.ts'
import { podsNeeded, readinessOf } from '../decision/capacity.ts'
import { detectionPowerFindings } from '../evidence/detection-power.ts'
import { errorLimitFindings } from '../evidence/error-limit.ts'
import type { TrafficBaseline } from './baseline.ts'
import type { ReleaseStart } from './release-start.ts'

/**
 * releaseFindings says before the first write what its settings can't reach: limits that stable itself breaks, steps
 * too short to catch a bad canary, steps that ask for more canary pods than there will be.
 */
export function releaseFindings(
  settings: Settings,
  start: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
): ReleaseFinding[] {
  const steps = start.stable === null ? [100] : settings.steps
  return [
    ...(start.stable === null ? [] : errorLimitFindings(before.calibration, settings)),
    ...(start.stable === null ? [] : jumpFindings(before.jumps, settings)),
    ...detectionPowerFindings(before, settings, steps, before.rate),
    ...capacityFindings(settings, start, workloads),
  ]
}

/**
 * Jumps of a whole version from which more than alpha of the good releases were rolled back in the benchmark, as they are
 * measured where each pod is scraped at its own moment: less than half of what they are.
 */
const harmfulJumps = 0.25

/** Two versions that jump each by itself can't be told from one that is worse. */
function jumpFindings(jumps: number | null, { gate, gates }: Settings): ReleaseFinding[] {
  const [errors] = countedGates(gates)
  if (jumps === null || jumps < harmfulJumps || errors?.gate.mode === 'observe') return []
  return [{ id: 'jumps', level: 'warning', details: { variation: jumps, alpha: gate.alpha } }]
}

/** The first step that the Deployment's replicas don't suffice for; an autoscaler may still raise them. */
function capacityFindings(
  settings: Settings,
  { stable, canary, workload: own }: ReleaseStart,
  workloads: WorkloadsSnapshot,
): ReleaseFinding[] {
  // What the release makes itself it scales itself.
  if (stable === null || settings.capacityCheck === 'off' || own !== undefined) return []
  const { ready } = readinessOf(workloads, stable.version)
  const workload = workloads.workloads.find(({ version }) => version === canary.version)
  if (workload === undefined) return []
  const short = settings.steps.find((weight) => podsNeeded(weight, ready) > workload.replicas)
  if (short === undefined) return []
  const details = {
    weight: short,
    needed: podsNeeded(short, ready),
    stableReady: ready,
    namespace: workload.namespace,
    workload: workload.name,
    replicas: workload.replicas,
    enough: Math.max(...settings.steps.map((weight) => podsNeeded(weight, ready))),
    waits: settings.capacityCheck === 'wait' ? settings.capacityTimeout : null,
  }
  return [{ id: 'capacity', level: 'warning', details }]
}
