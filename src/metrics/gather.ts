import type { Answer } from './answer.ts'
import type { Api } from './api.ts'
import { type Evidence, type Grid, targetKey, timeAt } from './grid.ts'
import {
  anyOf,
  lookback,
  type Matcher,
  rangeOf,
  requestsMetric,
  scrapedQuery,
  selector,
  startMetrics,
  startsQuery,
  sumPerTarget,
} from './queries.ts'
import { type Extras, type Wish, wishName } from './walk.ts'

/** Subject is whose requests are looked at: selectors of series, as data. */
export interface Subject {
  /** Counter of requests, or the buckets of their durations. */
  metric: string
  requests: readonly Matcher[]
  unreached: readonly (readonly Matcher[])[]
  /** Labels that tell versions, classes and routes apart. */
  by: readonly string[]
}

function selectors(
  subject: Subject,
  more: readonly Matcher[] = [],
): { requests: string; unreached: string[] } {
  return {
    requests: selector(subject.metric, [...subject.requests, ...more]),
    unreached: subject.unreached.map((matchers) => selector(requestsMetric, [...matchers, ...more])),
  }
}

/** gather asks for all that a grid shows of a subject. Throws Failure as the Api does. */
export async function gather(api: Api, grid: Grid, subject: Subject, signal: AbortSignal): Promise<Evidence> {
  const { requests, unreached } = selectors(subject)
  const until = timeAt(grid, grid.last)
  const ask = (query: string) => api.range(query, grid.start, until, grid.interval, signal)
  const [all, proxyStarts, processStarts, ...lost] = await Promise.all([
    ask(sumPerTarget(requests, subject.by)),
    ask(startsQuery('proxy', [requests, ...unreached])),
    ask(startsQuery('process', [requests, ...unreached])),
    ...unreached.map((series) => ask(sumPerTarget(series, []))),
  ])
  return { requests: all, proxyStarts, processStarts, unreached: lost }
}

type SamplesWish = Wish & { kind: 'samples' }

/** samplesOf asks for the raw samples of some targets between two grid points, and 5 minutes before. */
async function samplesOf(
  api: Api,
  grid: Grid,
  subject: Subject,
  wishes: readonly SamplesWish[],
  signal: AbortSignal,
): Promise<Evidence> {
  const { from, until } = wishes[0] as SamplesWish
  const instances = [...new Set(wishes.map((wish) => wish.instance))].sort()
  const target: Matcher[] = [{ label: 'instance', op: '=~', value: anyOf(instances) }]
  const at = timeAt(grid, until)
  const range = rangeOf(at - timeAt(grid, from) + lookback)
  const ask = (series: string) => api.instant(`${series}[${range}]`, at, signal)
  const { requests, unreached } = selectors(subject, target)
  const [all, proxyStarts, processStarts, ...lost] = await Promise.all([
    ask(requests),
    ask(selector(startMetrics.proxy, target)),
    ask(selector(startMetrics.process, target)),
    ...unreached.map(ask),
  ])
  return { requests: all, proxyStarts, processStarts, unreached: lost }
}

/** onlyOf keeps what an evidence says about one target. */
function onlyOf(evidence: Evidence, target: string): Evidence {
  const only = (answer: Answer): Answer => ({
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

/** Most targets whose raw samples are asked for at once. */
const mostTargets = 20

/**
 * grant answers wishes into `extras`: one question for all targets of a grid point that must have been scraped,
 * a few for each target whose samples are wanted.
 */
export async function grant(
  api: Api,
  grid: Grid,
  subject: Subject,
  wishes: readonly Wish[],
  extras: Extras,
  signal: AbortSignal,
): Promise<void> {
  const scraped = wishes.filter((wish) => wish.kind === 'scraped')
  for (const index of new Set(scraped.map((wish) => wish.index))) {
    const here = scraped.filter((wish) => wish.index === index)
    const instances = [...new Set(here.map((wish) => wish.instance))].sort()
    const { series } = await api.instant(scrapedQuery(instances), timeAt(grid, index), signal)
    const up = new Set(
      series.filter((one) => one.samples[0]?.[1] === 1).map((one) => one.labels.instance ?? ''),
    )
    for (const wish of here) extras.scraped.set(wishName(wish), up.has(wish.instance))
  }
  const samples = wishes.filter((wish) => wish.kind === 'samples')
  for (const alike of Map.groupBy(samples, (wish) => `${wish.from} ${wish.until}`).values()) {
    for (let first = 0; first < alike.length; first += mostTargets) {
      const some = alike.slice(first, first + mostTargets)
      const evidence = await samplesOf(api, grid, subject, some, signal)
      for (const wish of some) extras.samples.set(wishName(wish), onlyOf(evidence, wish.target))
    }
  }
}
