import type { QueryResult } from '../../../release/evidence/query-source.ts'
import { type ClassScheme, classLabelsOf } from '../../counting/classes.ts'
import { type CountingInput, countRequests } from '../../counting/counting.ts'
import type { RequestSeries } from '../../counting/grid.ts'
import type { DurationCounts, DurationsQuery } from '../../request-counter.ts'
import { fetchCountingInput, type MetricsSource } from '../counting-input.ts'
import { durationMatchers, durationMetric } from './latency-bounds.ts'
import { hasNative, nativeCountsOf } from './native-latency.ts'

type Labels = Readonly<Record<string, string>>

/**
 * durationCountsOf counts the requests over each of some bounds, from one answer. A bound that one proxy's histogram
 * lacks would make all of its requests slow: it is left out. Native histograms have every bound.
 */
export async function durationCountsOf(
  from: MetricsSource,
  query: DurationsQuery,
  signal: AbortSignal,
): Promise<DurationCounts[]> {
  const { host, source, bounds } = query
  if (query.until < query.start || bounds.length === 0) return []
  const scheme: ClassScheme = { ...source, by: 'speed' }
  const requests = durationMatchers(host, source.reporter, ...bounds)
  const selection = { metric: durationMetric, requests, unreached: [], by: classLabelsOf(scheme) }
  const input = await fetchCountingInput(from, query, scheme, selection, signal)
  if (input.requests.series.length === 0 && (await hasNative(from.polled, query, signal))) {
    return Promise.all(
      bounds.map(async (bound) => ({
        bound,
        series: await nativeCountsOf(from.polled, query, bound, signal),
      })),
    )
  }
  return bounds
    .filter((bound) => everywhere(input.requests, bound))
    .map((bound) => ({ bound, series: countRequests(onlyBound(input, bound)).series }))
}

const isAt = ({ le }: Labels, bound: number) => le !== '+Inf' && Number(le) === bound

/** Every histogram that counts requests has the bound. */
function everywhere({ series }: QueryResult, bound: number): boolean {
  const nameOf = ({ le: _, ...others }: Labels) => JSON.stringify(Object.entries(others).sort())
  const bounded = new Set(
    series.filter(({ labels }) => isAt(labels, bound)).map(({ labels }) => nameOf(labels)),
  )
  return series.every(({ labels }) => labels.le !== '+Inf' || bounded.has(nameOf(labels)))
}

function onlyBound(input: CountingInput, bound: number): CountingInput {
  const keep = ({ series, ...answer }: QueryResult): QueryResult => ({
    ...answer,
    series: series.filter(({ labels }) => labels.le === '+Inf' || isAt(labels, bound)),
  })
  const { scraped, samples } = input.followUpAnswers
  const kept = [...samples].map(([key, one]) => [key, onlyKept(one, keep)] as const)
  return {
    ...input,
    requests: keep(input.requests),
    followUpAnswers: { scraped, samples: new Map(kept) },
  }
}

function onlyKept(series: RequestSeries, keep: (answer: QueryResult) => QueryResult): RequestSeries {
  return { ...series, requests: keep(series.requests) }
}
