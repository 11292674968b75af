import type { QueryResult } from '../../release/evidence/query-source.ts'
import { seriesKey } from '../http/query-result.ts'
import type { ClassScheme } from './classes.ts'
import { applyObservation, type CounterState, counterStateAt, type Increase } from './counter-rules.ts'
import {
  classifyAll,
  type Observation,
  observationAt,
  type RequestSeries,
  type SeriesClasses,
  wholeNumber,
} from './grid.ts'

/** RawSamples are the raw samples of one target over a time: what lies between the points of the grid. */
export type RawSamples = RequestSeries

/** SampleScan is what raw samples show that the grid doesn't. */
interface SampleScan {
  /** What each scrape added, by class, in order. */
  advances: (Increase & { at: number })[]
  /** By class, where the target stood at the end. */
  counter: CounterState
  /** Time of the last scrape that showed a restart; null where none did. */
  lastRestart: number | null
}

/** scraperOf names the scraper of a series: several scrapers of one target see its counters at different times. */
function scraperOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([
    labels.job ?? '',
    labels.prometheus ?? '',
    labels.prometheus_replica ?? '',
    labels.replica ?? '',
  ])
}

interface Scraper {
  scrapes: Map<number, Observation>
}

function scrapersOf(
  samples: RawSamples,
  scheme: ClassScheme,
  classOf: Map<string, string>,
  classes: SeriesClasses,
): Map<string, Scraper> {
  const scrapers = new Map<string, Scraper>()
  const observation = (labels: Readonly<Record<string, string>>, time: number) => {
    const name = scraperOf(labels)
    const scraper = scrapers.get(name) ?? { scrapes: new Map<number, Observation>() }
    scrapers.set(name, scraper)
    const seen = scraper.scrapes.get(time) ?? observationAt(time)
    scraper.scrapes.set(time, seen)
    return seen
  }
  for (const { key, series } of classifyAll(samples, scheme, classes)) {
    const own = seriesKey(series.labels)
    classOf.set(own, key)
    for (const [time, value] of series.samples) {
      observation(series.labels, time).values.set(own, wholeNumber(value))
    }
  }
  const starts = (answer: QueryResult, field: 'proxyStart' | 'processStart') => {
    for (const { labels, samples: points } of answer.series) {
      if (!scrapers.has(scraperOf(labels))) continue
      for (const [time, value] of points) if (Number.isFinite(value)) observation(labels, time)[field] = value
    }
  }
  starts(samples.proxyStarts, 'proxyStart')
  starts(samples.processStarts, 'processStart')
  return scrapers
}

function addUp(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [key, value] of more) sums.set(key, (sums.get(key) ?? 0) + value)
}

/** byClass adds raw series up to their classes. */
function byClass(added: ReadonlyMap<string, number>, classOf: Map<string, string>): Map<string, number> {
  const sums = new Map<string, number>()
  for (const [own, value] of added) {
    const key = classOf.get(own) ?? own
    sums.set(key, (sums.get(key) ?? 0) + value)
  }
  return sums
}

/** takeBack undoes what earlier scrapes had added and a later one shows not to have happened. */
function takeBack(
  advances: SampleScan['advances'],
  retracted: Increase['retracted'],
  classOf: ReadonlyMap<string, string>,
): void {
  for (const { at, key, amount } of retracted) {
    const own = classOf.get(key) ?? key
    const sums = advances.find((one) => one.at === at && (one.added.get(own) ?? 0) >= amount)?.added
    sums?.set(own, (sums.get(own) ?? 0) - amount)
  }
}

/**
 * scanSamples counts a target scrape by scrape, from what it showed last at or before `from` up to `until` (ms
 * since the epoch). Between two points of a grid a counter may rise, begin anew and rise again: only the samples
 * tell how far it had come. A `fresh` target had counted nothing at `from`; of another one it gives null where
 * nothing shows how it stood then.
 */
export function scanSamples(
  samples: RawSamples,
  window: { from: number; until: number; fresh: boolean },
  { scheme, classes, rate }: { scheme: ClassScheme; classes: SeriesClasses; rate: number },
): SampleScan | null {
  const { from, until, fresh } = window
  const classOf = new Map<string, string>()
  const advances: SampleScan['advances'] = []
  const end: Observation = observationAt(until)
  const shown = new Map<string, number>()
  let lastRestart: number | null = null
  let known = false
  for (const { scrapes } of scrapersOf(samples, scheme, classOf, classes).values()) {
    const times = [...scrapes.keys()].filter((time) => time <= until).sort((a, b) => a - b)
    const before = times.filter((time) => time <= from && (scrapes.get(time)?.values.size ?? 0) > 0).at(-1)
    if (before === undefined && !fresh) continue
    known = true
    const counter = counterStateAt(
      before === undefined ? observationAt(from) : (scrapes.get(before) as Observation),
    )
    for (const time of times.filter((one) => one > from)) {
      const step = applyObservation(counter, scrapes.get(time) as Observation, rate)
      takeBack(advances, step.retracted, classOf)
      if (step.restarted) lastRestart = Math.max(lastRestart ?? time, time)
      advances.push({ ...step, added: byClass(step.added, classOf), at: time })
    }
    const final = new Map([...counter.counted].map(([own, mark]) => [own, mark.value]))
    addUp(end.values, byClass(final, classOf))
    addUp(shown, byClass(counter.shown, classOf))
    end.proxyStart = counter.proxyStart ?? end.proxyStart
    end.processStart = counter.processStart ?? end.processStart
  }
  if (!known) return null
  advances.sort((a, b) => a.at - b.at)
  return { advances, counter: { ...counterStateAt(end), shown }, lastRestart }
}
