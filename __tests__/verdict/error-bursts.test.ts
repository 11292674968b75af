import { describe, expect, test } from '@jest/globals'
import { seeded } from '../../bench/verdict/random.ts'
import { historyRows, traffic } from '../../bench/verdict/traffic.ts'
import type { PodCounts } from '../../src/release/evidence/calibration.ts'
import { calibrate } from '../../src/release/evidence/calibration.ts'
import { errorsOutlastPolls } from '../../src/verdict/error-bursts.ts'

/** Each row's counts over three polls: all of them in one, or a third in each. */
const inOne = (row: readonly PodCounts[], at: number): PodCounts[][] =>
  [0, 1, 2].map((part) => row.map(([n, b]): PodCounts => [n / 3, part === at % 3 ? b : 0]))
const inEach = (row: readonly PodCounts[]): PodCounts[][] =>
  [0, 1, 2].map(() => row.map(([n, b]): PodCounts => [n / 3, b / 3]))

describe('whether errors hang together for longer than a poll', () => {
  const rows = historyRows(
    seeded(1, 'bursts'),
    traffic(100, 0.01, 0.01, { errors: { kind: 'clusters', mean: 6 } }),
  )
  const long = calibrate(rows)

  test('bursts that three polls see a part of each do', () => {
    expect(errorsOutlastPolls(calibrate(rows.flatMap(inEach)), long)).toBe(true)
  })

  test('bursts that lie within one poll do not', () => {
    expect(errorsOutlastPolls(calibrate(rows.flatMap(inOne)), long)).toBe(false)
  })

  test.each([
    ['a history of few errors says nothing', { df: 9 }, {}],
    ['no spread at all says nothing', { S2: 0 }, {}],
    ['a difference within its error is none', {}, { df: 12, S1: 1.5 * long.S2, S2: long.S2 }],
  ])('%s', (_, short, changes) => {
    const even = { ...long, S1: long.S2 }
    expect(errorsOutlastPolls({ ...even, ...short }, { ...long, ...changes })).toBe(false)
  })
})
