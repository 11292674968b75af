import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { CountPoint } from '../../src/release/evidence/counts.ts'
import {
  binomialInterval,
  isExceeded,
  settlingState,
  withdrawalState,
} from '../../src/rollout/decision/settling.ts'

const question = { asked: 0.1, writtenAt: 30, minimum: 10, deadline: 60, now: 75 }

/** Points every 15 s; `shares` are [canary, stable] requests in each interval. */
function points(...shares: [number, number][]): CountPoint[] {
  let canary = 0
  let stable = 0
  return shares.map(([c, s], index) => {
    canary += c
    stable += s
    return {
      t: index * 15,
      canary: { total: canary, bad: 0 },
      stable: { total: stable, bad: 0 },
      unreached: 0,
      abandoned: 0,
    }
  })
}

const before: [number, number][] = [
  [0, 100],
  [0, 100],
  [0, 100],
]

describe('when the data plane shows what was asked for', () => {
  test.each([
    {
      name: 'as asked',
      rows: [...before, [10, 90], [10, 90], [11, 89]],
      expected: { state: 'done', seen: 'as-asked' },
    },
    {
      name: 'late: the last interval alone is as asked',
      rows: [...before, [0, 1000], [0, 1000], [100, 900]],
      expected: { state: 'done', seen: 'as-asked' },
    },
    { name: 'nothing yet', rows: [...before, [0, 100], [0, 100], [0, 100]], expected: { state: 'waiting' } },
    {
      name: 'nothing at the deadline: lower, said, and on',
      rows: [...before, [0, 100], [0, 100], [0, 100], [0, 100]],
      now: 90,
      expected: { state: 'done', seen: 'lower' },
    },
    {
      name: 'too few requests at the deadline: unknown',
      rows: [...before, [1, 3], [0, 4], [0, 3], [1, 2]],
      now: 90,
      expected: { state: 'done', seen: 'unknown' },
    },
    {
      name: 'a third of the requests where a tenth was asked for',
      rows: [...before, [33, 67], [33, 67], [33, 67], [33, 67]],
      now: 90,
      expected: { state: 'exceeded', observed: { canary: 99, total: 300 } },
    },
    {
      name: 'a little more than asked at the deadline is only said',
      rows: [...before, [1200, 8800], [1200, 8800], [1200, 8800], [1200, 8800]],
      now: 90,
      expected: { state: 'done', seen: 'higher' },
    },
    {
      name: 'a third where a tenth was asked for, and users are kept: as was meant, and before the deadline',
      rows: [...before, [33, 67], [33, 67], [33, 67]],
      higher: true,
      expected: { state: 'done', seen: 'higher', observed: { canary: 66, total: 200 } },
    },
    {
      name: 'users are kept, and the share is as asked all the same',
      rows: [...before, [10, 90], [10, 90], [11, 89]],
      higher: true,
      expected: { state: 'done', seen: 'as-asked' },
    },
    {
      name: 'users are kept, but less than asked is waited for as ever',
      rows: [...before, [0, 100], [1, 99], [0, 100]],
      higher: true,
      expected: { state: 'waiting' },
    },
    {
      name: 'users are kept, and a few requests say nothing yet',
      rows: [...before, [3, 3], [3, 3], [3, 3]],
      higher: true,
      expected: { state: 'waiting' },
    },
    { name: 'before the minimum', rows: before, now: 35, expected: { state: 'waiting' } },
  ])('$name', ({ rows, now, higher, expected }) => {
    const asked = { ...question, now: now ?? question.now, ...(higher ? { higher } : {}) }
    expect(settlingState(asked, points(...(rows as [number, number][])))).toMatchObject(expected)
  })

  test('chance alone takes back less than one good release in a thousand, however few its requests', () => {
    // Exact: the probability, under the asked share, of every count that would be called an excess.
    for (const asked of [0.01, 0.1, 0.5]) {
      for (const total of [20, 30, 50, 100, 400]) {
        let log = total * Math.log1p(-asked)
        let taken = 0
        for (let canary = 0; canary <= total; canary++) {
          if (isExceeded(asked, { canary, total })) taken += Math.exp(log)
          log += Math.log((total - canary) / (canary + 1)) + Math.log(asked) - Math.log1p(-asked)
        }
        expect(taken).toBeLessThan(0.0001)
      }
    }
  })

  test('a third of the requests instead of a tenth is beyond doubt within fifty requests', () => {
    expect(isExceeded(0.1, { canary: 16, total: 48 })).toBe(true)
    expect(isExceeded(0.1, { canary: 6, total: 20 })).toBe(false)
    expect(isExceeded(0.1, { canary: 16, total: 48, largestRise: 4 })).toBe(false)
    expect(isExceeded(0.1, { canary: 60, total: 180, largestRise: 10 })).toBe(true)
    expect(isExceeded(0.1, { canary: 500, total: 900, largestRise: 470 })).toBe(false)
  })

  test('the interval covers the share that the requests were drawn from, 99 times of 100', () => {
    // Exact coverage by summing the binomial's probabilities, no drawing.
    for (const [n, p] of [
      [20, 0.1],
      [200, 0.1],
      [200, 0.5],
      [1000, 0.02],
    ] as const) {
      let covered = 0
      let log = n * Math.log1p(-p)
      for (let k = 0; k <= n; k++) {
        const [low, high] = binomialInterval(k, n)
        if (p >= low && p <= high) covered += Math.exp(log)
        log += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p)
      }
      expect(covered).toBeGreaterThan(0.98)
    }
  })

  test('an interval holds its own share and lies in 0 to 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
        const k = Math.round(n * part)
        const [low, high] = binomialInterval(k, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(k / n)
        expect(high).toBeGreaterThanOrEqual(k / n)
      }),
    )
  })
})

describe('after a rollback, when nobody shall reach the canary any more', () => {
  const withdrawn = { writtenAt: 30, minimum: 10, deadline: 60 }
  const high: [number, number][] = [
    [20, 80],
    [20, 80],
    [20, 80],
  ]

  test.each([
    { name: 'nobody does', rows: [...high, [9, 91], [0, 100]], now: 61, state: 'done', seen: 'as-asked' },
    { name: 'somebody does: it is waited', rows: [...high, [9, 91], [9, 91]], now: 61, state: 'waiting' },
    {
      name: 'some requests linger on old connections',
      rows: [...high, [20, 1980], [20, 1980], [20, 1980]],
      now: 90,
      state: 'done',
      seen: 'higher',
    },
    { name: 'many go on', rows: [...high, [20, 80], [20, 80], [20, 80]], now: 90, state: 'exceeded' },
    {
      name: 'too few requests',
      rows: [...high, [0, 2], [0, 2], [0, 2]],
      now: 90,
      state: 'done',
      seen: 'unknown',
    },
  ] as const)('$name', ({ name: _, rows, now, ...expected }) => {
    expect(
      withdrawalState({ ...withdrawn, now }, points(...rows.map(([c, r]): [number, number] => [c, r]))),
    ).toMatchObject(expected)
  })
})
