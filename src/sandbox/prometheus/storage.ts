import type { Labels } from './target.ts'

/** StoredSeries is the samples of one set of labels, in the order of time. A null value is a staleness marker. */
export interface StoredSeries {
  labels: Labels
  /** ms since the epoch. */
  times: number[]
  values: (number | null)[]
}

/** SeriesMatcher selects by one label; a missing label has the value ''. */
export interface SeriesMatcher {
  label: string
  op: '=' | '!=' | '=~' | '!~'
  value: string
  test(value: string): boolean
}

/** Storage holds what was scraped. */
export interface Storage {
  /** series gives the series of exactly these labels, made where it is new. */
  series(labels: Labels): StoredSeries
  /** append adds a sample; one that is not newer than the last is dropped, as Prometheus does. */
  append(series: StoredSeries, time: number, value: number | null): void
  select(matchers: readonly SeriesMatcher[]): StoredSeries[]
  /** forget drops samples older than `time`, and series without any. */
  forget(time: number): void
}

/** createStorage makes an empty store of series. */
export function createStorage(): Storage {
  const byKey = new Map<string, StoredSeries>()
  const byName = new Map<string, Set<StoredSeries>>()
  return {
    series(labels) {
      const key = labelsKey(labels)
      const found = byKey.get(key)
      if (found !== undefined) return found
      const made: StoredSeries = { labels, times: [], values: [] }
      byKey.set(key, made)
      const name = labels['__name__'] ?? ''
      const group = byName.get(name) ?? new Set()
      byName.set(name, group.add(made))
      return made
    },
    append(series, time, value) {
      const last = series.times.at(-1)
      if (last !== undefined && time <= last) return
      series.times.push(time)
      series.values.push(value)
    },
    select(matchers) {
      const name = matchers.find((matcher) => matcher.label === '__name__' && matcher.op === '=')
      const candidates = name === undefined ? byKey.values() : (byName.get(name.value) ?? [])
      return [...candidates].filter((series) =>
        matchers.every((matcher) => matcher.test(series.labels[matcher.label] ?? '')),
      )
    },
    forget(time) {
      for (const [key, series] of byKey) {
        const cut = firstAfter(series.times, time - 1)
        if (cut === 0) continue
        series.times.splice(0, cut)
        series.values.splice(0, cut)
        if (series.times.length > 0) continue
        byKey.delete(key)
        byName.get(series.labels['__name__'] ?? '')?.delete(series)
      }
    },
  }
}

const keys = new WeakMap<Labels, string>()

/** labelsKey gives one text for equal labels, whatever the order of their names; it is made once for an object. */
export function labelsKey(labels: Labels): string {
  const known = keys.get(labels)
  if (known !== undefined) return known
  let key = ''
  for (const name of Object.keys(labels).sort()) key += `${name}\u0001${labels[name]}\u0002`
  keys.set(labels, key)
  return key
}

/** firstAfter gives the index of the first time that is later than `time`. */
export function firstAfter(times: readonly number[], time: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((times[middle] as number) <= time) low = middle + 1
    else high = middle
  }
  return low
}
