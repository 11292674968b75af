import { describe, expect, test } from '@jest/globals'
import { scrapeIntervalOf } from '../../src/metrics/operations/scrape-interval.ts'
import type { QueryResult } from '../../src/release/evidence/query-source.ts'

const until = 1_700_000_000_000
const never = new AbortController().signal
const query = {
  host: 'my-api.shop.svc.cluster.local',
  source: { reporter: 'source', label: 'destination_workload', canary: 'v2', stable: 'v1' },
  until,
} as const

/** Target is a proxy that was scraped every so many ms since an age, the last time `late` ms ago. */
interface Target {
  every: number
  age?: number
  late?: number
}

/** apiOf counts the samples of targets in the window that a query names. */
function apiOf(targets: Target[]) {
  const samplesIn = ({ every, age = 3_600_000, late = 0 }: Target, window: number) => {
    let count = 0
    for (let back = late; back < Math.min(window, age); back += every) count += 1
    return count
  }
  const result = (text: string): QueryResult => {
    const window = Number(/\[(\d+)s\]/.exec(text)?.[1]) * 1000
    const series = targets.map((target, index) => ({
      labels: { instance: `10.0.0.${index}:15020` },
      samples: [[until, samplesIn(target, window)] as const],
    }))
    return { series: series.filter(({ samples }) => (samples[0]?.[1] ?? 0) > 0), warnings: [] }
  }
  return {
    instant: async (text: string) => result(text),
    clockSkew: async () => null,
    range: async () => ({ series: [], warnings: [] }),
    version: async () => '',
  }
}

describe('the scrape interval of the counted series', () => {
  test.each<[string, Target[], number | null]>([
    ['every 15 s', [{ every: 15_000 }, { every: 15_000, late: 9_000 }], 15_000],
    ['every 5 s', [{ every: 5_000 }, { every: 5_000, late: 4_999 }], 5_000],
    ['every second: polls are never denser than 5 s', [{ every: 1_000 }], 5_000],
    ['once a minute', [{ every: 60_000, late: 100 }], 60_000],
    ['every 30 s', [{ every: 30_000, late: 29_000 }], 30_000],
    ['every 10 s, all pods a minute old', [{ every: 10_000, age: 60_000 }], 12_000],
    ['every 5 s, all pods young', [{ every: 5_000, age: 50_000 }], 7_000],
    ['one slow caller among many', [{ every: 60_000 }, { every: 5_000 }, { every: 5_000 }], 5_000],
    ['a single sample says nothing', [{ every: 60_000, age: 60_000 }], null],
    ['nothing', [], null],
  ])('%s', async (_name, targets, expected) => {
    expect(await scrapeIntervalOf(apiOf(targets), query, never)).toBe(expected)
  })
})
