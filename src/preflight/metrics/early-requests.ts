import type { Check } from '../check.ts'

/** earlyRequests asks whether the canary gets requests although no route sends it any. */
export const earlyRequests: Check = {
  id: 'metrics-early',
  question: 'Does the canary get requests only by the routes?',
  find({ metrics, stable, canary, planner, routing, pair, unpinned }) {
    const seen = metrics?.canaryRequests ?? 0
    if (metrics === null || stable === null || unpinned || seen === 0) return []
    if (planner.canaryShare(routing, pair).max > 0) return []
    return [
      {
        level: 'warning',
        text: `${seen} requests of the last 2 minutes reached ${canary.version} (${canary.workload}), and no route sends it any: somebody reaches its pods past the routes, or their labels name another version. They are counted as the canary's, whatever share it is given.`,
        remedy: `Look who calls: sum by (source_workload, source_workload_namespace) (increase(${metrics.selector.replace(/\}$/, `,destination_workload="${canary.workload}"}`)}[2m]))`,
      },
    ]
  },
}
