import type { CountSeries } from '../../release/evidence/counts.ts'
import { checkLabelName } from '../../release/promql.ts'
import type { ClassScheme } from '../counting/classes.ts'
import { countRequests, countRoutes } from '../counting/counting.ts'
import type { CountsQuery, RouteCounts, RoutesQuery } from '../request-counter.ts'
import { requireComplete } from './completeness.ts'
import { fetchCountingInput, type MetricsSource, requestSelection } from './counting-input.ts'
import { scrapeSignOf } from './scraped-pods.ts'

/**
 * countsOf counts the requests of a release on its grid. Throws Failure `incomplete`, before anything is counted, where
 * the store lacks what ready pods should give.
 */
export async function countsOf(
  from: MetricsSource,
  query: CountsQuery,
  signal: AbortSignal,
): Promise<CountSeries> {
  if (query.until < query.start) return { points: [], notes: [] }
  const ready = (query.readyPods ?? []).map(({ name }) => name)
  from.scrapes.sign ??= await scrapeSignOf(from.api, ready, query.until, signal)
  await requireComplete(from.api, query, from.scrapes.sign, signal)
  const selection = requestSelection(query.host, query.namespace, query.source.reporter, query.source)
  return countRequests(await fetchCountingInput(from, query, query.source, selection, signal)).series
}

/** routeCountsOf counts like `countsOf`, route by route, the busiest first. */
export async function routeCountsOf(
  from: MetricsSource,
  query: RoutesQuery,
  signal: AbortSignal,
): Promise<RouteCounts[]> {
  if (query.until < query.start) return []
  const scheme: ClassScheme = { ...query.source, route: checkLabelName(query.route) }
  const selection = requestSelection(query.host, query.namespace, query.source.reporter, scheme)
  const answers = await fetchCountingInput(from, query, scheme, { ...selection, unreached: [] }, signal)
  return countRoutes(answers, query.most)
}
