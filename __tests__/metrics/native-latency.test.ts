import { expect, test } from '@jest/globals'
import type { PrometheusApi } from '../../src/metrics/http/api.ts'
import { durationCountsOf } from '../../src/metrics/operations/latency/duration-counts.ts'
import {
  latencyBoundsOf,
  latencyCalibrationOf,
  latencyCountsOf,
  latencyQuantilesOf,
} from '../../src/metrics/operations/latency/latency-counts.ts'
import type { ResultSeries } from '../../src/release/evidence/query-source.ts'
import { Failure } from '../../src/release/failure.ts'
import { never } from './prometheus-stub.ts'

const host = 'my-api.shop.svc.cluster.local'
const source = { reporter: 'destination', label: 'destination_workload', canary: 'v2', stable: 'v1' } as const
const interval = 15_000
const start = 1_700_000_000_000 - (1_700_000_000_000 % interval)

/** What one pod's histogram holds at each point: requests, and the share of them within the bound. */
type Heights = [count: number, share: number][]

/** store answers as one that has native histograms alone; `heights` by version. */
function store(heights: Record<string, Heights>) {
  const asked: string[] = []
  const rows = (value: (height: [number, number]) => number): ResultSeries[] =>
    Object.entries(heights).map(([workload, all]) => ({
      labels: { instance: `${workload}:15020`, pod: `${workload}-a-b`, destination_workload: workload },
      samples: all.map((height, index) => [start + index * interval, value(height)] as const),
    }))
  const quantile = (share: number) =>
    Object.keys(heights).map((workload) => ({
      labels: { destination_workload: workload },
      samples: [[start, share * 100 + (workload === 'v2' ? 1 : 0)] as const],
    }))
  const answer = (query: string): ResultSeries[] => {
    asked.push(query)
    const share = /histogram_quantile\((0\.\d+)/.exec(query)?.[1]
    if (share !== undefined) return quantile(Number(share))
    if (query.startsWith('count(histogram_count(')) {
      return Object.keys(heights).length === 0 ? [] : [{ labels: {}, samples: [[start, 1]] }]
    }
    if (query.includes('histogram_fraction(0, 300,')) return rows(([count, within]) => count * within)
    return query.includes('histogram_count(') ? rows(([count]) => count) : []
  }
  const api = {
    instant: async (query: string) => ({ series: answer(query), warnings: [] }),
    range: async (query: string) => ({ series: answer(query), warnings: [] }),
  } as unknown as PrometheusApi
  return { from: { api, polled: api, memory: new Map(), scrapes: { sign: null } }, api, asked }
}

const histograms: Record<string, Heights> = {
  v1: [
    [1000, 0.9],
    [1100, 0.9],
    [1200, 0.9],
  ],
  v2: [
    [0, Number.NaN],
    [30, 0.5],
    [61, 0.5],
  ].map(([count, share]) => [count, count === 0 ? 0 : share]) as Heights,
}
const query = { host, namespace: 'shop', source, podBirths: { 'v2-a-b': start }, interval }

test('without classic buckets the threshold itself is the bound', async () => {
  const { api } = store(histograms)
  expect(await latencyBoundsOf(api, { host, source, until: start, threshold: 300 }, never)).toEqual({
    bound: 300,
    bounds: [],
  })
  const none = store({})
  expect(await latencyBoundsOf(none.api, { host, source, until: start, threshold: 300 }, never)).toBeNull()
})

test('slow requests of both versions are counted, in whole numbers', async () => {
  const { from } = store(histograms)
  const asked = { ...query, start, until: start + 2 * interval, threshold: 300 }
  const counted = await latencyCountsOf(from, asked, never)
  const { canary, stable } = counted?.series.points.at(-1) ?? {}
  // 61 · 0.5 within the bound is rounded, as no half a request is quick
  expect({ canary, stable }).toEqual({ canary: { total: 61, bad: 30 }, stable: { total: 200, bad: 20 } })
})

test('so are they at each of several bounds, where there is no bucket at all', async () => {
  const { from } = store(histograms)
  const asked = { ...query, start, until: start + 2 * interval, bounds: [300] }
  const counted = await durationCountsOf(from, asked, never)
  const { canary, stable } = counted[0]?.series.points.at(-1) ?? {}
  expect({ canary, stable }).toEqual({ canary: { total: 61, bad: 30 }, stable: { total: 200, bad: 20 } })
  expect(
    (await durationCountsOf(store({}).from, asked, never))[0]?.series.points.at(-1)?.stable?.total ?? 0,
  ).toBe(0)
})

test('so is what stable showed before', async () => {
  const { api } = store(histograms)
  const asked = { ...query, from: start, until: start + 2 * interval, bound: 300 }
  expect(await latencyCalibrationOf(api, asked, never)).toMatchObject({ n: 200, b: 20 })
})

test('quantiles are asked of Prometheus, by version', async () => {
  const { api } = store(histograms)
  expect(await latencyQuantilesOf(api, { host, source, until: start }, never)).toEqual({
    canary: [51, 96, 100],
    stable: [50, 95, 99],
  })
})

test('a store that knows no native histograms has none', async () => {
  const refuses = async (query: string) => {
    if (query.includes('histogram_count')) throw new Failure('bad-query', 'unknown function')
    return { series: [], warnings: [] }
  }
  const api = { instant: refuses, range: refuses } as unknown as PrometheusApi
  const until = start
  expect(await latencyBoundsOf(api, { host, source, until, threshold: 300 }, never)).toBeNull()
  expect(await latencyQuantilesOf(api, { host, source, until }, never)).toEqual({
    canary: null,
    stable: null,
  })
  const history = { ...query, from: start - 60_000, until, bound: 300 }
  expect(await latencyCalibrationOf(api, history, never)).toBeNull()
})
