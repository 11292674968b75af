import { describe, expect, test } from '@jest/globals'
import { createPrometheus, type EmbeddedPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import { offsetOf } from '../../src/sandbox/prometheus/scraper.ts'
import { labelsKey } from '../../src/sandbox/prometheus/storage.ts'
import type { ExposedSample, ScrapeTarget } from '../../src/sandbox/prometheus/target.ts'

const start = Date.UTC(2026, 2, 1, 12)

/** Page is a target that a test writes on: counters by name; null: it doesn't answer. */
interface Page {
  target: ScrapeTarget
  samples: Map<string, { labels: Record<string, string>; value: number }> | null
}

function page(pod: string): Page {
  const made: Page = {
    samples: new Map(),
    target: {
      labels: { job: 'pods', instance: `${pod}:15020`, pod },
      scrape: (): ExposedSample[] | null => (made.samples === null ? null : [...made.samples.values()]),
    },
  }
  return made
}

function show(on: Page, name: string, value: number, labels: Record<string, string> = {}): void {
  const known = on.samples?.get(name)
  if (known !== undefined) known.value = value
  else on.samples?.set(name, { labels: { __name__: name, ...labels }, value })
}

interface World {
  prometheus: EmbeddedPrometheus
  targets: ScrapeTarget[]
  live(seconds: number, each?: (second: number) => void): void
  /** ask gives an instant query's values by pod (or '' without). */
  ask(query: string): Record<string, string>
  now(): number
}

function world(pages: Page[], options: { retention?: number } = {}): World {
  let now = start
  let second = 0
  const targets = pages.map((one) => one.target)
  const prometheus = createPrometheus({ targets: () => targets, now: () => now, ...options })
  return {
    prometheus,
    targets,
    now: () => now,
    live(seconds, each = () => {}) {
      for (let passed = 0; passed < seconds; passed += 1) {
        now += 1000
        second += 1
        each(second)
        prometheus.tick(now, 1)
      }
    },
    ask(query) {
      const answer = prometheus.answer({
        method: 'GET',
        path: '/api/v1/query',
        parameters: new URLSearchParams({ query }),
      })
      const { data } = JSON.parse(answer.body) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      return Object.fromEntries(data.result.map(({ metric, value }) => [metric['pod'] ?? '', value[1]]))
    },
  }
}

describe('scraping', () => {
  test('each target has its own place in the interval, and is read every 15 s', () => {
    const pages = Array.from({ length: 12 }, (_, index) => page(`pod-${index}`))
    const { prometheus, live } = world(pages)
    for (const one of pages) show(one, 'seconds', 0)
    live(120, (second) => {
      for (const one of pages) show(one, 'seconds', second)
    })
    const offsets = new Set<number>()
    for (const one of pages) {
      const [series] = prometheus.storage.select([
        { label: 'pod', op: '=', value: '', test: (pod) => pod === one.target.labels['pod'] },
        { label: '__name__', op: '=', value: 'seconds', test: (name) => name === 'seconds' },
      ])
      const times = series?.times ?? []
      expect(times.length).toBeGreaterThanOrEqual(7)
      const offset = offsetOf(labelsKey(one.target.labels), 15_000)
      offsets.add(offset)
      for (const [index, time] of times.entries()) {
        expect(time % 15_000).toBe(offset)
        // What a sample shows is what held at its very time.
        expect(series?.values[index]).toBe((time - start) / 1000)
        if (index > 0) expect(time - (times[index - 1] as number)).toBe(15_000)
      }
    }
    expect(offsets.size).toBeGreaterThan(4)
  })

  test('up is 1, or 0 with all series gone at once when the target does not answer', () => {
    const one = page('a')
    const { live, ask } = world([one])
    show(one, 'x', 7)
    live(40)
    expect(ask('up')).toEqual({ a: '1' })
    expect(ask('x')).toEqual({ a: '7' })
    const kept = one.samples
    one.samples = null
    live(16)
    expect(ask('up')).toEqual({ a: '0' })
    expect(ask('x')).toEqual({})
    expect(ask('last_over_time(x[5m])')).toEqual({ a: '7' })
    one.samples = kept
    live(16)
    expect(ask('x')).toEqual({ a: '7' })
  })

  test('a series that its page no longer shows is gone at the next scrape', () => {
    const one = page('a')
    const { live, ask } = world([one])
    show(one, 'x', 1)
    show(one, 'y', 1)
    live(40)
    one.samples?.delete('x')
    live(16)
    expect(ask('x')).toEqual({})
    expect(ask('y')).toEqual({ a: '1' })
  })

  test('a target that discovery lost goes stale two intervals later, as of its next scrape', () => {
    const [one, other] = [page('a'), page('b')]
    const { live, ask, targets, now, prometheus } = world([one, other])
    show(one, 'x', 1)
    show(other, 'x', 1)
    live(60)
    targets.shift()
    live(10)
    expect(ask('x')).toEqual({ a: '1', b: '1' })
    live(50)
    expect(ask('x')).toEqual({ b: '1' })
    expect(ask('up')).toEqual({ b: '1' })
    const series = prometheus.storage.series({ __name__: 'x', ...one.target.labels })
    expect(series.values.at(-1)).toBe(null)
    expect((series.times.at(-1) as number) - (series.times.at(-2) as number)).toBe(15_000)
    expect(now() - (series.times.at(-1) as number)).toBeGreaterThanOrEqual(16_500)
    expect(prometheus.targets().map((state) => state.labels['pod'])).toEqual(['b'])
  })

  test('a target that returns in time goes on without a gap', () => {
    const one = page('a')
    const { live, ask, targets, prometheus } = world([one])
    show(one, 'x', 1)
    live(60)
    targets.pop()
    live(5)
    targets.push(one.target)
    live(60)
    expect(ask('x')).toEqual({ a: '1' })
    const series = prometheus.storage.series({ __name__: 'x', ...one.target.labels })
    expect(series.values).not.toContain(null)
  })

  test("a label that the target has too is kept as the page's own", () => {
    const one = page('a')
    const { live, prometheus } = world([one])
    show(one, 'x', 1, { pod: 'mine', zone: 'z' })
    live(20)
    const [series] = prometheus.storage.select([
      { label: '__name__', op: '=', value: 'x', test: (name) => name === 'x' },
    ])
    expect(series?.labels).toEqual({ __name__: 'x', exported_pod: 'mine', zone: 'z', ...one.target.labels })
  })

  test('a page of new objects with the same labels continues its series', () => {
    const one = page('a')
    const { live, prometheus } = world([one])
    show(one, 'x', 5)
    live(20)
    one.samples = new Map()
    show(one, 'x', 0)
    live(15)
    const series = prometheus.storage.series({ __name__: 'x', ...one.target.labels })
    expect(series.values).toEqual(expect.arrayContaining([5, 0]))
    expect(series.values).not.toContain(null)
  })

  test('samples older than the retention are dropped, with the series that had no others', () => {
    const one = page('a')
    const { live, ask, targets, prometheus, now } = world([one], { retention: 120_000 })
    show(one, 'x', 1)
    live(300)
    const series = prometheus.storage.series({ __name__: 'x', ...one.target.labels })
    expect(Math.min(...series.times)).toBeGreaterThan(now() - 120_000 - 10_000 - 1000)
    targets.pop()
    live(300)
    expect(ask('count_over_time(x[10m])')).toEqual({})
    expect(prometheus.storage.select([])).toEqual([])
  })
})

describe('ranges of 3.x', () => {
  test.each([
    [2, '5', '1'],
    [3, '4', undefined],
  ] as const)('version %d counts %s samples in four intervals', async (major, count, old) => {
    let now = start
    const prometheus = createPrometheus({ targets: () => [], now: () => now, major })
    const series = prometheus.storage.series({ __name__: 'x' })
    for (let tick = 0; tick < 5; tick += 1) prometheus.storage.append(series, start + tick * 15_000, 1)
    now = start + 60_000
    const ask = (query: string): string | undefined => {
      const parameters = new URLSearchParams({ query })
      const { body } = prometheus.answer({ method: 'GET', path: '/api/v1/query', parameters })
      const { data } = JSON.parse(body) as { data: { result: { value: [number, string] }[] } }
      return data.result[0]?.value[1]
    }
    expect(ask('count_over_time(x[1m])')).toBe(count)
    now = start + 60_000 + 300_000
    expect(ask('x')).toBe(old)
  })
})
