import { expect, test } from '@jest/globals'
import type { Calibration } from '../../src/release/evidence/counts.ts'
import type { EventBody } from '../../src/release/record/event-body.ts'
import type { Session } from '../../src/rollout/session.ts'
import { measureBaseline } from '../../src/rollout/start/baseline.ts'
import { gateDigest } from '../../src/rollout/start/start.ts'
import { release, settings } from './release-state.ts'

const even: Calibration = { n: 100_000, b: 900, S1: 900, S2: 900, S4: 900, df: 800 }
const bursts: Calibration = { ...even, S1: 2_700 }

/** The poll interval (s) that a release begins with, what was asked for its history (s), and what the record tells. */
async function begun(interval: number | 'auto', scraped: number | null, inLong: Calibration) {
  const asked: number[] = []
  const events: EventBody[] = []
  const { stable, canary } = release()
  const session = {
    scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
    settings: { ...settings, interval },
    clock: { now: () => 10_000_000 },
    record: (event: EventBody) => events.push(event),
    metrics: {
      reporters: async () => ({ source: 9, destination: 9 }),
      separation: async () => [],
      scrapeInterval: async () => (scraped === null ? null : scraped * 1000),
      baseline: async (query: { interval: number }) => {
        asked.push(query.interval / 1000)
        const calibration = query.interval < 15_000 ? even : inLong
        return { calibration, rate: 100, unreachedRate: 0, jumps: null }
      },
    },
  } as unknown as Session
  const start = { stable, canary, runId: '7', fencingToken: 0, history: [], retired: [] }
  const workloads = { service: null, workloads: [], pods: [] }
  const before = await measureBaseline(session, start, workloads as never, new AbortController().signal)
  const [recorded] = events.filter((event) => event.type === 'baseline')
  return { interval: before.interval / 1000, asked, recorded }
}

test.each([
  ['the scrape interval', 'auto', 5, even, 5, [5, 15]],
  ['15 s where errors of stable outlast it', 'auto', 5, bursts, 15, [5, 15]],
  ['a longer scrape interval as it is', 'auto', 30, bursts, 30, [30]],
  ['15 s where nothing was scraped', 'auto', null, bursts, 15, [15]],
  ['what was asked for, whatever history shows', 5_000, 5, bursts, 5, [5]],
] as const)('a release is polled at %s', async (_, option, scraped, inLong, interval, asked) => {
  const measured = await begun(option, scraped, inLong)
  expect(measured).toMatchObject({ interval, asked })
  const longer = option === 'auto' && interval > (scraped ?? 15)
  expect(measured.recorded).toMatchObject(longer ? { interval: 15_000, scrapeInterval: 5_000 } : {})
  expect('scrapeInterval' in (measured.recorded ?? {})).toBe(longer)
})

test('whatever was measured, the configuration is the same: a re-run is no other release', () => {
  const auto = { ...settings, interval: 'auto' as const }
  expect(gateDigest(auto)).toBe(gateDigest({ ...auto }))
  expect(gateDigest(auto)).not.toBe(gateDigest({ ...auto, interval: 15_000 }))
})
