import { expect, test } from '@jest/globals'
import { seeded } from '../../bench/verdict/random.ts'
import { type ErrorProcess, historyRows, traffic } from '../../bench/verdict/traffic.ts'
import type { PodCounts } from '../../src/release/evidence/calibration.ts'
import { rateJumps } from '../../src/release/evidence/rate-jumps.ts'

/** How often each of twenty hours of history shows jumps of the whole version from 0.25 on. */
function hoursWithJumps(errors: ErrorProcess, pods: number): number {
  const hours = Array.from({ length: 20 }, (_, i) =>
    rateJumps(historyRows(seeded(i + 1, errors.kind), traffic(1000, 0.01, 0.01, { errors }), pods)),
  )
  return hours.filter((jumps) => jumps !== null && jumps >= 0.25).length
}

test.each<[string, ErrorProcess, number, number]>([
  ['errors by chance', { kind: 'independent' }, 10, 0],
  ['clusters, which the pods show', { kind: 'clusters', mean: 10 }, 10, 0],
  ['pods that jump each by itself', { kind: 'pods', cv: 1 }, 10, 0],
  ['small jumps of all pods together', { kind: 'shared', cv: 0.15 }, 10, 0],
  ['jumps of all pods together', { kind: 'shared', cv: 1 }, 10, 20],
  ['jumps that each pod shows at another moment', { kind: 'side', cv: 1 }, 10, 20],
  ['one pod with clusters', { kind: 'clusters', mean: 3 }, 1, 0],
  ['one pod that jumps', { kind: 'own', cv: 1 }, 1, 20],
])('%s', (_, errors, pods, hours) => {
  expect(hoursWithJumps(errors, pods)).toBe(hours)
})

test('a rate that drifts, steps once, or has one incident is none that jumps', () => {
  const rows = (rate: (poll: number) => number): PodCounts[][] =>
    Array.from({ length: 240 }, (_, poll) =>
      Array.from({ length: 5 }, (): PodCounts => [10_000, Math.round(10_000 * rate(poll))]),
    )
  expect(rateJumps(rows((poll) => 0.001 + poll / 24_000))).toBeNull()
  expect(rateJumps(rows((poll) => (poll < 120 ? 0.001 : 0.01)))).toBeNull()
  expect(rateJumps(rows((poll) => (poll > 100 && poll < 108 ? 0.2 : 0.001)))).toBeNull()
  expect(rateJumps(rows((poll) => (poll % 8 === 0 ? 0.01 : 0.001)))).toBeGreaterThan(0.5)
})

/** An hour of one pod that fails once in a while, sixty requests at once. */
const rareBursts = Array.from({ length: 240 }, (_, poll): PodCounts[] => [[1000, poll % 60 === 7 ? 60 : 0]])

test.each<[string, PodCounts[][]]>([
  ['few bursts of one pod', rareBursts],
  ['no history', []],
  ['one poll', [[[100, 3]]]],
  ['polls without requests', [[[0, 0]], [[100, 3]], [], []]],
  ['nothing but failures', [[[100, 100]], [[100, 100]]]],
  ['nothing failed', [[[100, 0]], [[100, 0]]]],
])('%s shows none', (_, history) => {
  expect(rateJumps(history)).toBeNull()
})
