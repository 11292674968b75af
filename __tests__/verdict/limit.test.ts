import { describe, expect, test } from '@jest/globals'
import { seeded } from '../../bench/verdict/random.ts'
import type { Poll } from '../../src/release/evidence/counts.ts'
import { resolveConfig } from '../../src/verdict/config.ts'
import { judgeAll } from '../../src/verdict/judge.ts'
import { chooseMargin } from '../../src/verdict/resolution.ts'

const limit = 0.01
const config = { slo: limit, promisedLimit: limit, minSeconds: 60, maxSeconds: 900 }

/** A step of 15 minutes: each poll adds requests, of which a share fails by chance. */
function step(seed: number, canaryRate: number, stableRate: number, perPoll = 100): Poll[] {
  const random = seeded(seed, 'limit')
  const draw = (n: number, rate: number) => Array.from({ length: n }, random).filter((u) => u < rate).length
  const sums = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
  return Array.from({ length: 61 }, (_, index) => {
    if (index > 0) {
      sums.canary = { total: index * perPoll, bad: sums.canary.bad + draw(perPoll, canaryRate) }
      sums.stable = { total: index * perPoll, bad: sums.stable.bad + draw(perPoll, stableRate) }
    }
    return { t: index * 15, step: 1, canary: sums.canary, stable: sums.stable }
  })
}

const passes = (polls: Poll[], more = {}) =>
  judgeAll({ ...config, ...more }, null, polls).some(({ verdict }) => verdict === 'pass')

describe('an absolute limit is a promise of every pass', () => {
  test('a canary at the limit passes at most as often as beta, however good it is beside stable', () => {
    const runs = Array.from({ length: 200 }, (_, seed) => step(seed, limit, limit))
    expect(runs.filter((polls) => passes(polls, { promisedLimit: null })).length).toBeGreaterThan(60)
    // 5% of 200, and three standard errors more.
    expect(runs.filter((polls) => passes(polls)).length).toBeLessThanOrEqual(19)
  })

  test('one far over it never passes, one far below it does', () => {
    const over = Array.from({ length: 30 }, (_, seed) => step(seed, 4.4 * limit, 4.4 * limit))
    expect(over.filter((polls) => passes(polls))).toEqual([])
    const below = Array.from({ length: 30 }, (_, seed) => step(seed, limit / 10, limit / 10))
    expect(below.filter((polls) => passes(polls)).length).toBeGreaterThanOrEqual(28)
  })

  test('the evidence begins anew with each step, and is told', () => {
    const [first, second] = [step(1, 0, 0), step(2, 0, 0)]
    const end = first.at(-1) as Poll
    const later = second.slice(1).map((poll) => ({
      t: end.t + poll.t,
      step: 2,
      canary: { total: 6000 + (poll.canary?.total ?? 0), bad: 0 },
      stable: { total: 6000 + (poll.stable?.total ?? 0), bad: 0 },
    }))
    const verdicts = judgeAll(config, null, [...first, ...later])
    const evidence = verdicts.map(({ logBelowLimit }) => logBelowLimit as number)
    expect(evidence[60]).toBeGreaterThanOrEqual(Math.log(20) - 1e-9)
    expect(evidence[61]).toBeLessThan(evidence[60] as number)
    expect(judgeAll({ slo: limit }, null, first)[60]).not.toHaveProperty('logBelowLimit')
  })

  test.each([
    [0.001, true],
    [0.009, false],
    [0.02, false],
  ])(
    'before a step: with stable at %d a quarter of an hour of 10 requests/s suffices: %s',
    (rate, reached) => {
      const choice = chooseMargin({
        config: resolveConfig({ promisedLimit: limit }),
        rate,
        phiPass: 1,
        share: 0.1,
        control: true,
        canaryRate: 10,
        maxSeconds: 900,
      })
      expect(choice.outOfReach).toBe(!reached)
      expect(Number.isFinite(choice.requestsNeeded)).toBe(rate < limit)
    },
  )
})
