import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Finding } from '../../release/record/record.ts'
import type { Settings } from '../../release/settings.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { formatShare } from '../../release/text/figures.ts'
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
): Finding[] {
  const steps = start.stable === null ? [100] : settings.steps
  return [
    ...(start.stable === null ? [] : errorLimitFindings(before.calibration, settings)),
    ...detectionPowerFindings(before, settings, steps, before.rate),
    ...capacityFindings(settings, start, workloads),
  ]
}

/** The first step that the Deployment's replicas don't suffice for; an autoscaler may still raise them. */
function capacityFindings(
  settings: Settings,
  { stable, canary }: ReleaseStart,
  workloads: WorkloadsSnapshot,
): Finding[] {
  if (stable === null || settings.capacityCheck === 'off') return []
  const { ready } = readinessOf(workloads, stable.version)
  const { desired } = readinessOf(workloads, canary.version)
  if (desired === null) return []
  const short = settings.steps.find((weight) => podsNeeded(weight, ready) > desired)
  if (short === undefined) return []
  const needed = podsNeeded(short, ready)
  const then =
    settings.capacityCheck === 'wait'
      ? `that step waits for them, up to capacity-timeout (${formatDuration(settings.capacityTimeout)})`
      : 'that step begins without them'
  return [
    {
      id: 'capacity',
      level: 'warning',
      text: `The step at ${formatShare(short)} needs ${needed} ready canary pods, for ${ready} of stable are ready; ${canary.workload} asks for ${desired}: ${then}.`,
      remedy: `kubectl scale deployment ${canary.workload} --replicas=${Math.max(...settings.steps.map((weight) => podsNeeded(weight, ready)))}`,
    },
  ]
}
