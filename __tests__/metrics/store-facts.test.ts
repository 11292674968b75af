import { describe, expect, test } from '@jest/globals'
import type { PrometheusApi } from '../../src/metrics/http/api.ts'
import {
  canaryRequestsOf,
  foreignPodsOf,
  isRepeatable,
} from '../../src/metrics/operations/facts/store-facts.ts'
import { requestedPodsOf, scrapedWithin, scrapeTimesOf } from '../../src/metrics/operations/scraped-pods.ts'
import { never } from './prometheus-stub.ts'

/** answering gives one number after the other, the last one for ever; null: no series. */
function answering(...values: (number | null)[]) {
  const asked: { query: string; at: number }[] = []
  const instant: PrometheusApi['instant'] = async (query, at) => {
    const value = values[Math.min(asked.length, values.length - 1)] ?? null
    asked.push({ query, at })
    return { series: value === null ? [] : [{ labels: {}, samples: [[at, value]] }], warnings: [] }
  }
  return { api: { instant } as PrometheusApi, asked }
}

describe('the same question about the past', () => {
  test.each<[string, (number | null)[], boolean]>([
    ['gets one answer', [1.7e12], true],
    ['gets none', [null], true],
    ['changes once: a sample came late', [1.7e12, 1.7e12, 1.7e12 + 15], true],
    ['changes twice, and not back', [1.7e12, 1.7e12 + 15, 1.7e12 + 30], true],
    ['differs by rounding', [1.7e12, 1.7e12 + 1e-3, 1.7e12, 1.7e12 + 1e-3], true],
    ['goes back and forth', [1.7e12, 1.7e12 + 7, 1.7e12], false],
    ['goes back late', [5, 5, 5, 12, 12, 12, 5], false],
    ['is nothing for one replica', [1.7e12, null, 1.7e12], false],
  ])('%s', async (_name, values, repeatable) => {
    const { api, asked } = answering(...values)
    expect(await isRepeatable(api, 'x{}', 1_000_000, never)).toBe(repeatable)
    for (const { at } of asked) expect(at).toBe(940_000)
    expect(asked.length).toBeLessThanOrEqual(8)
  })
})

describe('requests of the canary before the release', () => {
  const query = {
    host: 'a.shop.svc',
    namespace: 'shop',
    service: 'a',
    workloads: { canary: 'a-v2', stable: 'a-v1' as string | null },
    readyPods: [],
    knownPods: [] as string[],
    from: 0,
    until: 900_000,
  }
  test.each<[string, number | null, number]>([
    ['a part of one is one', 0.4, 1],
    ['none', null, 0],
    ['no number', Number.NaN, 0],
  ])('%s', async (_name, value, expected) => {
    expect(await canaryRequestsOf(answering(value).api, query, never)).toBe(expected)
  })

  test.each([[null], ['a-v2']])('nothing tells it from stable %s', async (stable) => {
    const { api, asked } = answering(7)
    const workloads = { canary: 'a-v2', stable }
    expect(await canaryRequestsOf(api, { ...query, workloads }, never)).toBeNull()
    expect(asked).toEqual([])
  })
})

describe('pods that are not behind the Service', () => {
  const until = 900_000
  /** Each pod with the age of its newest sample, in seconds. */
  const foreign = (ages: Record<string, number>, knownPods: string[]) => {
    const series = Object.entries(ages).map(([pod, age]) => ({
      labels: { pod },
      samples: [[until, until / 1000 - age] as const],
    }))
    const api = { instant: async () => ({ series, warnings: [] }) } as unknown as PrometheusApi
    const query = {
      host: 'a.shop.svc',
      namespace: 'shop',
      service: 'a',
      from: 0,
      until,
      readyPods: [],
      knownPods,
    }
    return foreignPodsOf(api, { ...query, workloads: { canary: 'a-v2', stable: 'a-v1' } }, never)
  }

  test.each<[string, Record<string, number>, string[], string[]]>([
    ['all are ours', { a: 3, b: 9 }, ['a', 'b', 'c'], []],
    ['another cluster’s', { a: 3, x: 4, w: 5 }, ['a'], ['w', 'x']],
    ['one that ended a while ago', { a: 3, x: 40 }, ['a'], []],
    ['a label that names no pods', { 'prom-0': 3 }, ['a'], []],
    ['some have no such label', { a: 3, '': 3 }, ['a'], []],
    ['nothing', {}, ['a'], []],
  ])('%s', async (_name, ages, known, expected) => {
    expect(await foreign(ages, known)).toEqual(expected)
  })
})

describe('questions about many pods', () => {
  const sign = { label: 'pod', kind: 'requests' } as const
  const pods = Array.from({ length: 120 }, (_, index) => `my-api-v2-${String(index).padStart(3, '0')}`)
  const named = pods.map((name) => ({ name }))
  /** Every pod that a query names has an answer. */
  function naming() {
    const asked: string[][] = []
    const instant: PrometheusApi['instant'] = async (query, at) => {
      const names = pods.filter((name) => query.includes(name))
      asked.push(names)
      return { series: names.map((pod) => ({ labels: { pod }, samples: [[at, 1]] })), warnings: [] }
    }
    return { api: { instant } as PrometheusApi, asked }
  }
  const window = { until: 900_000, window: 40_000 }
  test.each<[string, (api: PrometheusApi) => Promise<Iterable<string>>]>([
    ['when were they scraped', async (api) => (await scrapeTimesOf(api, sign, pods, 900_000, never)).keys()],
    ['were they scraped within a time', (api) => scrapedWithin(api, sign, named, window, never)],
    ['had they requests', (api) => requestedPodsOf(api, sign, pods, 900_000, never)],
  ])('%s: an address has room for fifty, and none is left out', async (_name, ask) => {
    const { api, asked } = naming()
    expect([...(await ask(api))].sort()).toEqual(pods)
    expect(asked.map((names) => names.length)).toEqual([50, 50, 20])
  })

  test('about none nothing is asked', async () => {
    const { api, asked } = naming()
    expect([...(await requestedPodsOf(api, sign, [], 900_000, never))]).toEqual([])
    expect(asked).toEqual([])
  })
})
