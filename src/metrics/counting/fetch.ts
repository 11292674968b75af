import { type Grid, timeAt } from '../../release/evidence/grid.ts'
import type { QueryResult } from '../../release/evidence/query-source.ts'
import { anyOf, type LabelMatcher, lookback, rangeOf, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import { requestsMetric, scrapedQuery, startMetrics, startsQuery, sumPerTarget } from '../istio-queries.ts'
import { type RequestSeries, targetKey } from './grid.ts'
import { type FollowUp, type FollowUpAnswers, followUpKey } from './target-series.ts'

/** SeriesSelection is whose requests are looked at: selectors of series, as data. */
export interface SeriesSelection {
  /** Counter of requests, or the buckets of their durations. */
  metric: string
  requests: readonly LabelMatcher[]
  unreached: readonly (readonly LabelMatcher[])[]
  /** Labels that separate versions, classes and routes. */
  by: readonly string[]
}

function selectors(
  selection: SeriesSelection,
  more: readonly LabelMatcher[] = [],
): { requests: string; unreached: string[] } {
  return {
    requests: selector(selection.metric, [...selection.requests, ...more]),
    unreached: selection.unreached.map((matchers) => selector(requestsMetric, [...matchers, ...more])),
  }
}

/** fetchRequestSeries queries all series of a selection on a grid. Throws Failure as PrometheusApi does. */
export async function fetchRequestSeries(
  api: PrometheusApi,
  grid: Grid,
  selection: SeriesSelection,
  signal: AbortSignal,
): Promise<RequestSeries> {
  const { requests, unreached } = selectors(selection)
  const until = timeAt(grid, grid.last)
  const ask = (query: string) => api.range(query, grid.start, until, grid.interval, signal)
  const [all, proxyStarts, processStarts, ...lost] = await Promise.all([
    ask(sumPerTarget(requests, selection.by)),
    ask(startsQuery('proxy', [requests, ...unreached])),
    ask(startsQuery('process', [requests, ...unreached])),
    ...unreached.map((series) => ask(sumPerTarget(series, []))),
  ])
  return { requests: all, proxyStarts, processStarts, unreached: lost }
}

type SamplesFollowUp = FollowUp & { kind: 'samples' }

/** fetchSamples queries the raw samples of some targets between two grid points, and 5 minutes before. */
async function fetchSamples(
  api: PrometheusApi,
  grid: Grid,
  selection: SeriesSelection,
  followUps: readonly SamplesFollowUp[],
  signal: AbortSignal,
): Promise<RequestSeries> {
  const { from, until } = followUps[0] as SamplesFollowUp
  const instances = [...new Set(followUps.map((followUp) => followUp.instance))].sort()
  const target: LabelMatcher[] = [{ label: 'instance', op: '=~', value: anyOf(instances) }]
  const at = timeAt(grid, until)
  const range = rangeOf(at - timeAt(grid, from) + lookback)
  const ask = (series: string) => api.instant(`${series}[${range}]`, at, signal)
  const { requests, unreached } = selectors(selection, target)
  const [all, proxyStarts, processStarts, ...lost] = await Promise.all([
    ask(requests),
    ask(selector(startMetrics.proxy, target)),
    ask(selector(startMetrics.process, target)),
    ...unreached.map(ask),
  ])
  return { requests: all, proxyStarts, processStarts, unreached: lost }
}

/** onlyTarget keeps what an evidence says about one target. */
function onlyTarget(evidence: RequestSeries, target: string): RequestSeries {
  const only = (answer: QueryResult): QueryResult => ({
    ...answer,
    series: answer.series.filter((one) => targetKey(one.labels) === target),
  })
  return {
    requests: only(evidence.requests),
    proxyStarts: only(evidence.proxyStarts),
    processStarts: only(evidence.processStarts),
    unreached: evidence.unreached.map(only),
  }
}

/** Most targets whose raw samples one query asks for. */
const maxTargetsPerQuery = 20

/**
 * answerFollowUps makes follow-up queries and puts their results into `followUpAnswers`: one query for all targets that
 * must have been scraped at a grid point, a few for each target whose samples are needed.
 */
export async function answerFollowUps(
  api: PrometheusApi,
  grid: Grid,
  selection: SeriesSelection,
  followUps: readonly FollowUp[],
  followUpAnswers: FollowUpAnswers,
  signal: AbortSignal,
): Promise<void> {
  const scraped = followUps.filter((followUp) => followUp.kind === 'scraped')
  for (const index of new Set(scraped.map((followUp) => followUp.index))) {
    const here = scraped.filter((followUp) => followUp.index === index)
    const instances = [...new Set(here.map((followUp) => followUp.instance))].sort()
    const { series } = await api.instant(scrapedQuery(instances), timeAt(grid, index), signal)
    const up = new Set(
      series.filter((one) => one.samples[0]?.[1] === 1).map((one) => one.labels.instance ?? ''),
    )
    for (const followUp of here) followUpAnswers.scraped.set(followUpKey(followUp), up.has(followUp.instance))
  }
  const samples = followUps.filter((followUp) => followUp.kind === 'samples')
  for (const alike of Map.groupBy(samples, (followUp) => `${followUp.from} ${followUp.until}`).values()) {
    for (let first = 0; first < alike.length; first += maxTargetsPerQuery) {
      const some = alike.slice(first, first + maxTargetsPerQuery)
      const evidence = await fetchSamples(api, grid, selection, some, signal)
      for (const followUp of some)
        followUpAnswers.samples.set(followUpKey(followUp), onlyTarget(evidence, followUp.target))
    }
  }
}
