import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { GateBaseline } from '../../release/state/state.ts'
import { comparisonGate } from '../gate-type.ts'

const name = 'latency-profile'

/**
 * latencyProfile compares how many requests of both versions are slow, at three bounds. Every release has it unless it
 * is switched off. The bounds are those of the histogram that are nearest to stable's p50, p95 and p99 before the
 * release: fixed before anything is counted, each with a third of the gate's alpha.
 */
export const latencyProfile = comparisonGate({
  type: name,
  summary: "How many requests are slow, at the histogram's bounds nearest to stable's p50, p95 and p99.",
  name,
  fields: {},
  question: () => "how long requests take, at stable's p50, p95 and p99, compared with stable",
  // Slow requests are common where failed ones are rare: a point more of them is nobody's concern.
  engine: () => ({ abortRatio: 1.25, minExcess: 0.01 }),
  warning: 'latency',
  asksMetrics: () => true,
  async ask(_, { source, baseline }) {
    const bounds = boundsIn(baseline)
    if (bounds.length === 0) return []
    const { counts, quantiles } = await source.durations(bounds)
    return counts.map(({ bound, series }) => ({
      gate: name,
      route: partName(bound),
      kind: 'counts' as const,
      series,
      quantiles,
    }))
  },
  async prepare({ mode }, history) {
    try {
      const bounds = await history.durationBounds()
      return bounds.length === 0 && mode === 'enforce' ? { bounds, note: nothingToCompare } : { bounds }
    } catch (error) {
      if (mode === 'enforce' || isFailure(error, 'aborted')) throw error
      // Nobody asked for it: a store that can't tell is no reason to refuse a release.
      return { note: { wrong: false, text: `durations are not compared: ${sentenceOf(error)}` } }
    }
  },
  parts({ mode }, { baseline, answers }) {
    const bounds = boundsIn(baseline)
    // Enforced, a question that was never answered lets nothing pass, as one that no longer is.
    const never = mode === 'enforce' && answers.length === 0 ? bounds : []
    const missing = never.map((bound) => ({ route: partName(bound), series: { points: [] } }))
    return [...answers, ...missing]
      .filter(({ route }) => bounds.some((bound) => partName(bound) === route))
      .map(({ route, series }) => ({
        name: route ?? '',
        points: series.points,
        weight: 1 / bounds.length,
        exchanged: false,
        asked: true,
      }))
  },
  badEvents: (_, part) => `took ${part}`,
})

const nothingToCompare = {
  wrong: false,
  text: 'durations are not compared: stable answered nothing in the five minutes before, or its proxies have no histogram istio_request_duration_milliseconds',
}

const partName = (bound: number) => `over ${bound} ms`

function boundsIn({ bounds }: GateBaseline): number[] {
  return Object.entries(bounds)
    .filter(([key]) => key.startsWith(`${name} `))
    .map(([, bound]) => bound)
    .sort((a, b) => a - b)
}
