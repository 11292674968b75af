import { formatDuration } from '../../release/text/duration.ts'
import type { Check } from '../check.ts'

/** Clocks that are kept right differ by less, ms; a header shows whole seconds. */
const tolerated = 5_000

/** What comes of a clock that is ahead of ours, or behind. */
const harm = {
  prometheus: {
    ahead: 'what is asked as the present is its past, so that everything is seen that much later',
    behind: 'it has nothing of the last moments that it is asked for, and looks late',
  },
  cluster: {
    ahead: 'pods look younger than they are, so that requests of before the release could be counted to it',
    behind: 'pods look older than they are, so that the first requests of a new one could be missed',
  },
} as const

/**
 * clocks asks whether API server, Prometheus and this machine agree about the time. Ages of pods are the API server's,
 * samples the store's, questions ours.
 */
export const clocks: Check = {
  id: 'metrics-clocks',
  question: 'Do the clocks of the API server, Prometheus and this machine agree?',
  find({ metrics, clusterClockSkew }) {
    if (metrics === null) return []
    return [
      ...skewFinding('Prometheus', metrics.clockSkew, harm.prometheus),
      ...skewFinding('The API server', clusterClockSkew, harm.cluster),
    ]
  },
}

function skewFinding(
  whose: string,
  skew: number | null,
  comes: { ahead: string; behind: string },
): ReturnType<Check['find']> {
  if (skew === null || Math.abs(skew) <= tolerated) return []
  const by = formatDuration(Math.round(Math.abs(skew) / 1000) * 1000)
  const relation = skew > 0 ? 'ahead of' : 'behind'
  return [
    {
      level: 'warning',
      text: `${whose} is ${by} ${relation} the clock of this machine: ${skew > 0 ? comes.ahead : comes.behind}.`,
      remedy:
        'Let all of them take the time from NTP; where the store is late, metrics-lag: auto follows it.',
    },
  ]
}
