import { hashText } from '../../simulation/random.ts'
import { labelsKey, type Storage, type StoredSeries } from './storage.ts'
import type { ExposedSample, Labels, ScrapeTarget } from './target.ts'

/** TargetState is what the scraper knows of one target; `/api/v1/targets` shows it. */
export interface TargetState {
  labels: Labels
  /** Place in the interval, in ms: targets are spread by their hash, as Prometheus spreads them. */
  offset: number
  health: 'up' | 'down' | 'unknown'
  /** ms since the epoch; null before the first scrape. */
  lastScrape: number | null
}

export interface Scraper {
  /** tick scrapes what is due in the `seconds` that end at `now`. */
  tick(now: number, seconds: number): void
  states(): readonly TargetState[]
}

interface Watched extends TargetState {
  target: ScrapeTarget
  known: WeakMap<Labels, StoredSeries>
  /** Labels of what Prometheus itself says of the target, by the metric's name. */
  own: Readonly<Record<OwnMetric, Labels>>
  /** The series that the last scrape showed. */
  shown: Set<StoredSeries>
  /** When discovery lost it; null while it is there. */
  lostAt: number | null
}

const ownMetrics = ['up', 'scrape_duration_seconds', 'scrape_samples_scraped'] as const
type OwnMetric = (typeof ownMetrics)[number]

/** How often discovery tells of new and lost targets, in ms. */
const discoveryMs = 5000

/**
 * createScraper reads targets every `interval` ms of virtual time and stores what they show. As Prometheus does:
 * a target that doesn't answer is `up` 0 and its series go stale at once; a series that a page no longer shows
 * goes stale at that scrape; the series of a target that discovery lost go stale as of the next scrape it would
 * have had, written two intervals later, so that a target that returns at once continues.
 */
export function createScraper(
  storage: Storage,
  targets: () => readonly ScrapeTarget[],
  interval: number,
): Scraper {
  const watched = new Map<string, Watched>()
  let discovered = Number.NEGATIVE_INFINITY
  return {
    states: () => [...watched.values()].filter((entry) => entry.lostAt === null),
    tick(now, seconds) {
      const round = Math.floor(now / discoveryMs)
      if (round > discovered) {
        discovered = round
        discover(watched, targets(), now, interval)
      }
      for (const [key, entry] of watched) {
        if (entry.lostAt !== null) {
          if (buryLost(storage, entry, now, interval)) watched.delete(key)
          continue
        }
        const due = latestDue(now, entry.offset, interval)
        if (due > now - seconds * 1000) scrape(storage, entry, due)
      }
    },
  }
}

/** offsetOf spreads targets over the interval in whole seconds, so that a scrape falls on a tick. */
export function offsetOf(key: string, interval: number): number {
  const places = Math.max(1, Math.floor(interval / 1000))
  return (hashText(key, 0x5f3759df) % places) * 1000
}

function latestDue(now: number, offset: number, interval: number): number {
  return Math.floor((now - offset) / interval) * interval + offset
}

function discover(
  watched: Map<string, Watched>,
  targets: readonly ScrapeTarget[],
  now: number,
  interval: number,
): void {
  const present = new Set<string>()
  for (const target of targets) {
    const key = labelsKey(target.labels)
    present.add(key)
    const entry = watched.get(key)
    if (entry !== undefined) {
      entry.target = target
      entry.lostAt = null
      continue
    }
    watched.set(key, {
      labels: target.labels,
      offset: offsetOf(key, interval),
      health: 'unknown',
      lastScrape: null,
      target,
      known: new WeakMap(),
      own: ownLabels(target.labels),
      shown: new Set(),
      lostAt: null,
    })
  }
  for (const [key, entry] of watched) if (!present.has(key)) entry.lostAt ??= now
}

function ownLabels(target: Labels): Record<OwnMetric, Labels> {
  const named = (name: OwnMetric): Labels => ({ __name__: name, ...target })
  return {
    up: named('up'),
    scrape_duration_seconds: named('scrape_duration_seconds'),
    scrape_samples_scraped: named('scrape_samples_scraped'),
  }
}

function buryLost(storage: Storage, entry: Watched, now: number, interval: number): boolean {
  const staleTime = latestDue(entry.lostAt ?? now, entry.offset, interval) + interval
  if (now < staleTime + interval * 1.1) return false
  for (const series of entry.shown) storage.append(series, staleTime, null)
  return true
}

function scrape(storage: Storage, entry: Watched, time: number): void {
  const page = entry.target.scrape()
  entry.health = page === null ? 'down' : 'up'
  entry.lastScrape = time
  const before = entry.shown
  entry.shown = new Set()
  for (const sample of page ?? []) {
    const series = seriesOf(storage, entry, sample)
    entry.shown.add(series)
    storage.append(series, time, sample.value)
  }
  const own: Record<OwnMetric, number> = {
    up: page === null ? 0 : 1,
    scrape_duration_seconds: 0.005,
    scrape_samples_scraped: page?.length ?? 0,
  }
  for (const name of ownMetrics) {
    const series = storage.series(entry.own[name])
    entry.shown.add(series)
    storage.append(series, time, own[name])
  }
  for (const series of before) if (!entry.shown.has(series)) storage.append(series, time, null)
}

/** seriesOf finds the stored series of an exposed one: a label that the target has too becomes `exported_…`. */
function seriesOf(storage: Storage, entry: Watched, sample: ExposedSample): StoredSeries {
  const found = entry.known.get(sample.labels)
  if (found !== undefined) return found
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(sample.labels)) {
    labels[Object.hasOwn(entry.labels, name) ? `exported_${name}` : name] = value
  }
  const series = storage.series({ ...labels, ...entry.labels })
  entry.known.set(sample.labels, series)
  return series
}
