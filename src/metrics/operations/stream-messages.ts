import type { CountSource } from '../../release/evidence/counts.ts'
import { checkLabelName, rangeOf, selector } from '../../release/promql.ts'
import { sideOfSeries } from '../counting/classes.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatchers } from '../istio-queries.ts'

/** Messages of gRPC carry no code, status or flag: they say that streams live, and nothing of their health. */
export const messageMetrics = ['istio_request_messages_total', 'istio_response_messages_total'] as const

/** streamMessagesOf gives the gRPC messages of both versions between two times (ms), of the direction with more of them. */
export async function streamMessagesOf(
  api: PrometheusApi,
  { host, source, start, until }: { host: string; source: CountSource; start: number; until: number },
  signal: AbortSignal,
): Promise<{ canary: number; stable: number }> {
  const matchers = hostMatchers({ reporter: source.reporter, host })
  const label = checkLabelName(source.label)
  const directions = await Promise.all(
    messageMetrics.map(async (metric) => {
      const risen = `sum by (${label}) (increase(${selector(metric, matchers)}[${rangeOf(until - start)}]))`
      const { series } = await api.instant(risen, until, signal)
      const sum = { canary: 0, stable: 0 }
      for (const { labels, samples } of series) {
        const [side, value] = [sideOfSeries(labels, source), samples.at(-1)?.[1] ?? 0]
        if (side !== 'other' && Number.isFinite(value)) sum[side] += value
      }
      return { canary: Math.round(sum.canary), stable: Math.round(sum.stable) }
    }),
  )
  return directions.reduce((most, one) => (one.canary + one.stable > most.canary + most.stable ? one : most))
}
