import { type Grid, timeAt } from '../../release/evidence/grid.ts'
import type { QueryResult, ResultSeries } from '../../release/evidence/query-source.ts'
import { Failure } from '../../release/failure.ts'
import { type ClassScheme, classifySeries, classLabelsOf, type SeriesClass } from './classes.ts'

/** Observation is what one target showed at one time: its counters by series, and when its processes started. */
export interface Observation {
  /** ms since the epoch. */
  at: number
  values: Map<string, number>
  /** Start of the proxy, seconds since the epoch; null where unknown. */
  proxyStart: number | null
  /** Start of some process of the target, seconds since the epoch; null where unknown. */
  processStart: number | null
}

/** ProxyTarget is one scraped proxy and what it showed on the grid; a hole where it showed nothing. */
export interface ProxyTarget {
  key: string
  instance: string
  pod: string
  observations: (Observation | undefined)[]
}

/** RequestSeries are the series about the requests of a host: on a grid, or as raw samples. */
export interface RequestSeries {
  requests: QueryResult
  unreached: readonly QueryResult[]
  proxyStarts: QueryResult
  processStarts: QueryResult
}

/** SeriesClasses maps each series key to its class. */
export type SeriesClasses = Map<string, SeriesClass>

/** targetKey names a scrape target. */
export function targetKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([labels.instance ?? '', labels.pod ?? ''])
}

/** wholeNumber lets through what a counter of requests can be; throws Failure `bad-answer`. */
export function wholeNumber(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new Failure(
    'bad-answer',
    `a counter of requests shows ${value}, which is no count of requests: is it made by a recording rule? Shiftgate needs the counters as the proxies write them`,
  )
}

/** classifyAll gives each series the key of its class, and adds each key's class to `classes`. */
export function classifyAll(
  evidence: Pick<RequestSeries, 'requests' | 'unreached'>,
  scheme: ClassScheme,
  classes: SeriesClasses,
): { key: string; series: ResultSeries }[] {
  const names = classLabelsOf(scheme)
  const rows = evidence.requests.series.map((series) => {
    const key = JSON.stringify(names.map((name) => series.labels[name] ?? ''))
    if (!classes.has(key)) classes.set(key, classifySeries(series.labels, scheme))
    return { key, series }
  })
  const lost = evidence.unreached.flatMap((answer, index) => {
    const key = `unreached ${index}`
    classes.set(key, { side: 'other', outcome: 'unreached', route: '', answer: '' })
    return answer.series.map((series) => ({ key, series }))
  })
  return [...rows, ...lost]
}

/** targetsOf sorts range answers by target and grid point. Samples off the grid are left out. */
export function targetsOf(
  grid: Grid,
  evidence: RequestSeries,
  scheme: ClassScheme,
  classes: SeriesClasses,
): ProxyTarget[] {
  const targets = new Map<string, ProxyTarget>()
  for (const { key, series } of classifyAll(evidence, scheme, classes)) {
    const target = targets.get(targetKey(series.labels)) ?? newTarget(series.labels)
    targets.set(target.key, target)
    for (const [time, value] of series.samples) {
      const index = indexOf(grid, time)
      if (index === null) continue
      const seen = target.observations[index] ?? observationAt(timeAt(grid, index))
      seen.values.set(key, (seen.values.get(key) ?? 0) + wholeNumber(value))
      target.observations[index] = seen
    }
  }
  addStarts(grid, evidence.proxyStarts, 'proxyStart', targets)
  addStarts(grid, evidence.processStarts, 'processStart', targets)
  return dropDuplicateJobs([...targets.values()])
}

/** indexOf is the grid point of a sample's time; null off the grid. */
function indexOf(grid: Grid, time: number): number | null {
  const index = Math.round((time - grid.start) / grid.interval)
  const near = Math.abs(timeAt(grid, index) - time) <= 1
  return near && index >= 0 && index <= grid.last ? index : null
}

function addStarts(
  grid: Grid,
  starts: QueryResult,
  field: 'proxyStart' | 'processStart',
  targets: ReadonlyMap<string, ProxyTarget>,
): void {
  for (const { labels, samples } of starts.series) {
    const target = targets.get(targetKey(labels))
    for (const [time, value] of samples) {
      const index = indexOf(grid, time)
      const seen = index === null ? undefined : target?.observations[index]
      if (seen !== undefined && Number.isFinite(value)) seen[field] = value
    }
  }
}

/**
 * dropDuplicateJobs leaves one target for each pod. Two scrape jobs that read the same proxy on two ports (15020
 * and 15090) would count every request twice; the one seen first stays, so that a longer look chooses alike.
 */
function dropDuplicateJobs(targets: readonly ProxyTarget[]): ProxyTarget[] {
  const proxies = Map.groupBy(targets, ({ pod, instance, key }) => {
    const address = /^(.+):\d+$/.exec(instance)?.[1]
    return pod === '' || address === undefined ? key : JSON.stringify([pod, address])
  })
  const first = (target: ProxyTarget) => target.observations.findIndex((seen) => seen !== undefined)
  return [...proxies.values()].map((same) => {
    const [kept] = same.sort((a, b) => first(a) - first(b) || (a.instance < b.instance ? -1 : 1))
    return kept as ProxyTarget
  })
}

/** observationAt is an observation that shows nothing yet. */
export function observationAt(at: number): Observation {
  return { at, values: new Map(), proxyStart: null, processStart: null }
}

function newTarget(labels: Readonly<Record<string, string>>): ProxyTarget {
  const { instance = '', pod = '' } = labels
  return { key: targetKey(labels), instance, pod, observations: [] }
}
