import { describe, expect, jest, test } from '@jest/globals'
import { seeded } from '../../bench/verdict/random.ts'
import { hourOfHistory, source, type Traffic, traffic, zero } from '../../bench/verdict/traffic.ts'
import { advance, createEngine } from '../../src/verdict/engine/engine.ts'

// Seconds of work, on a machine that may be busy.
jest.setTimeout(60_000)

/** caughtAt is when a release at 10% is failed within half an hour; null: never. */
function caughtAt(seed: number, name: string, service: Traffic): number | null {
  const random = seeded(seed, name)
  const engine = createEngine({}, hourOfHistory(random, service))
  const polls = source(random, service)
  advance(engine, zero)
  for (let i = 0; i < 120; i++) {
    const { t, verdict } = advance(engine, polls.next(0, 0.1))
    if (verdict === 'fail') return t
  }
  return null
}

function times(runs: number, name: string, service: Traffic): number[] {
  const all = Array.from({ length: runs }, (_, i) => caughtAt(i, name, service))
  return all.filter((t) => t !== null).sort((a, b) => a - b)
}

describe('the promise, on seeded traffic', () => {
  test.each<[string, Traffic]>([
    ['at the line', traffic(100, 0.01, 0.011)],
    ['clusters of 10', traffic(100, 0.01, 0.01, { errors: { kind: 'clusters', mean: 10 } })],
    ['bursts that both sides share', traffic(1000, 0.001, 0.0011, { errors: { kind: 'shared', cv: 1 } })],
    ['late scrapes', traffic(100, 0.01, 0.011, { late: 0.5 })],
  ])('false aborts stay within alpha: %s', (name, service) => {
    // At 1%, 100 runs give more than 5 only once in 1800.
    expect(times(100, name, service).length).toBeLessThanOrEqual(5)
  })

  test.each<[string, Traffic, number]>([
    ['0.1% × 20 at 10 requests a second', traffic(10, 0.001, 0.02), 225],
    ['0.01% × 20 at 100', traffic(100, 0.0001, 0.002), 225],
    ['1% × 20 at 10', traffic(10, 0.01, 0.2), 45],
  ])('twenty times as bad is caught: %s', (name, service, median) => {
    const caught = times(60, name, service)
    expect(caught.length).toBeGreaterThanOrEqual(58)
    expect(caught[Math.floor(caught.length / 2)]).toBeGreaterThanOrEqual(median - 45)
    expect(caught[Math.floor(caught.length / 2)]).toBeLessThanOrEqual(median + 45)
  })
})
