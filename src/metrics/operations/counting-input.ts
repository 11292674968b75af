import type { CountSource } from '../../release/evidence/counts.ts'
import { type Grid, gridUntil, timeAt } from '../../release/evidence/grid.ts'
import { heartbeatQuery } from '../../release/promql.ts'
import { type ClassScheme, classLabelsOf } from '../counting/classes.ts'
import { type CountingInput, countTargets, noFollowUpAnswers } from '../counting/counting.ts'
import { answerFollowUps, fetchRequestSeries, type SeriesSelection } from '../counting/fetch.ts'
import { type FollowUp, type FollowUpAnswers, followUpKey } from '../counting/target-series.ts'
import type { PrometheusApi } from '../http/api.ts'
import { overlap } from '../http/range-increments.ts'
import { hostMatchers, requestsMetric, unreachedMatchers } from '../istio-queries.ts'
import type { CountsQuery } from '../request-counter.ts'
import type { ScrapeSign } from './scraped-pods.ts'

/** Most rounds of follow-up queries: each restart that raw samples show can need one more. */
const maxRounds = 10

/** Most selections that are remembered; a release asks for a handful. */
const maxRemembered = 32

/**
 * FollowUpMemory keeps, by selection and grid, the answers to follow-up queries. Only what lies a while back is kept:
 * it doesn't change any more, so a fresh process would get the same answer.
 */
type FollowUpMemory = Map<string, FollowUpAnswers>

/** MetricsSource is where counts come from: the API, and the follow-up answers that it gave before. */
export interface MetricsSource {
  api: PrometheusApi
  /** The same API for what is asked again at every poll: it asks for what is new. */
  polled: PrometheusApi
  memory: FollowUpMemory
  /** How the store shows that pods were scraped, once that is known. */
  scrapes: { sign: ScrapeSign | null }
}

/** requestSelection selects a host's requests, and those for it that reached no pod. */
export function requestSelection(
  host: string,
  namespace: string,
  reporter: CountSource['reporter'],
  scheme: ClassScheme,
): SeriesSelection {
  return {
    metric: requestsMetric,
    requests: hostMatchers({ reporter, host }),
    unreached: unreachedMatchers(host, namespace),
    by: classLabelsOf(scheme),
  }
}

/** fetchCountingInput fetches a selection on a grid, and what the counting needs to know beside it. */
export async function fetchCountingInput(
  { api, polled, memory }: Omit<MetricsSource, 'scrapes'>,
  query: CountsQuery,
  scheme: ClassScheme,
  selection: SeriesSelection,
  signal: AbortSignal,
): Promise<CountingInput> {
  const grid = gridUntil(query.start, query.until, query.interval)
  const [evidence, heartbeat] = await Promise.all([
    fetchRequestSeries(polled, grid, selection, signal),
    polled.range(heartbeatQuery, grid.start, timeAt(grid, grid.last), grid.interval, signal),
  ])
  const name = JSON.stringify([selection, grid.start, grid.interval])
  const known = memory.get(name) ?? noFollowUpAnswers()
  const followUpAnswers = { scraped: new Map(known.scraped), samples: new Map(known.samples) }
  const answers = {
    ...evidence,
    heartbeat,
    grid,
    scheme,
    podBirths: query.podBirths,
    expectedRate: query.expectedRate ?? null,
    followUpAnswers,
  }
  const granted: FollowUp[] = []
  for (let round = 0; round < maxRounds; round += 1) {
    const followUps = countTargets(answers).counted.flatMap((one) => one.followUps)
    if (followUps.length === 0) break
    await answerFollowUps(api, grid, selection, followUps, followUpAnswers, signal)
    granted.push(...followUps)
  }
  rememberAnswers(memory, name, granted, answers)
  return answers
}

function rememberAnswers(
  memory: FollowUpMemory,
  name: string,
  granted: readonly FollowUp[],
  answers: CountingInput,
): void {
  const { grid, followUpAnswers } = answers
  const kept = memory.get(name) ?? noFollowUpAnswers()
  for (const followUp of granted) {
    const last = followUp.kind === 'scraped' ? followUp.index : followUp.until
    if (timeAt(grid, last) > timeAt(grid, grid.last) - overlap) continue
    const key = followUpKey(followUp)
    const samples = followUpAnswers.samples.get(key)
    if (samples !== undefined) kept.samples.set(key, samples)
    const scraped = followUpAnswers.scraped.get(key)
    if (scraped !== undefined) kept.scraped.set(key, scraped)
  }
  memory.set(name, kept)
  const oldest = memory.keys().next().value
  if (memory.size > maxRemembered && oldest !== undefined) memory.delete(oldest)
}

/** countGrid counts what a selection showed on a grid, without follow-up queries. */
export async function countGrid(
  api: PrometheusApi,
  grid: Grid,
  selection: SeriesSelection,
  scheme: ClassScheme,
  signal: AbortSignal,
) {
  const evidence = await fetchRequestSeries(api, grid, selection, signal)
  const answers: CountingInput = {
    ...evidence,
    heartbeat: { series: [], warnings: [] },
    grid,
    scheme,
    podBirths: {},
    expectedRate: null,
    followUpAnswers: noFollowUpAnswers(),
  }
  return countTargets(answers)
}
