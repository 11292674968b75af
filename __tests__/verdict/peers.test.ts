import { describe, expect, test } from '@jest/globals'
import { bound, isHigh } from '../../bench/verdict/kayenta.ts'
import { binomial, poisson, type Random, seeded } from '../../bench/verdict/random.ts'
import { steer } from '../../bench/verdict/rule.ts'
import { argo, flagger } from '../../bench/verdict/thresholds.ts'
import { traffic } from '../../bench/verdict/traffic.ts'

const runs = 200

/** near asks for agreement within 3.5 standard errors of `runs` releases. */
function near(measured: number, expected: number): void {
  const error = Math.sqrt(Math.max(0.01, expected * (1 - expected)) / runs)
  expect(Math.abs(measured - expected)).toBeLessThan(3.5 * error)
}

describe("the peers' rules, as the benchmark has them", () => {
  // Rollbacks of the documented configuration (a check a minute, five failed, 10 to 50%), measured elsewhere.
  test.each([
    [1, 0.02, 0.13],
    [1, 0.05, 0.747],
    [2, 0.02, 0.572],
    [10, 0.01, 0.376],
    [10, 0.05, 1],
  ])('Flagger at %d requests/s and %d errors rolls back %d', (rps, rate, expected) => {
    const shares = [0.1, 0.2, 0.3, 0.4, 0.5]
    const ends = Array.from({ length: runs }, (_, i) =>
      steer(
        seeded(i, 'flagger'),
        traffic(rps, 0.001, rate),
        flagger({ shares, min: 0.99, threshold: 5 }),
        3600,
      ),
    )
    near(ends.filter(({ end }) => end === 'aborted').length / runs, expected)
  })

  test('Flagger needs five failed checks and another tick', () => {
    const rule = flagger({ shares: [0.1, 0.2], min: 0.99, threshold: 5 })
    expect(steer(seeded(1), traffic(100, 0, 1), rule, 3600)).toMatchObject({ end: 'aborted', seconds: 360 })
  })

  test('Argo aborts at the fourth failed measurement, and promotes after ten good ones', () => {
    const rule = () => argo({ shares: [0.1, 0.5], measurements: 5, min: 0.95, failureLimit: 3 })
    expect(steer(seeded(1), traffic(100, 0, 1), rule(), 3600)).toMatchObject({ end: 'aborted', seconds: 240 })
    expect(steer(seeded(1), traffic(100, 0, 0), rule(), 3600)).toMatchObject({
      end: 'promoted',
      seconds: 600,
    })
  })

  test("Kayenta's interval and estimate of its own example", () => {
    const [x, y] = [
      [10, 20, 30, 40],
      [1, 2, 3, 4],
    ]
    expect(bound(x as number[], y as number[], 1.959963984540054)).toBeCloseTo(6, 3)
    expect(bound(x as number[], y as number[], -1.959963984540054)).toBeCloseTo(39, 3)
    expect(bound(x as number[], y as number[], 0)).toBeCloseTo(22.5, 1)
  })

  // Points of a minute, 10% of traffic on each side, 0.1% errors in the baseline, measured elsewhere.
  test.each([
    [5, 10, 0.05, 0.67],
    [10, 10, 0.02, 0.26],
    [10, 2, 0.2, 0.94],
    [30, 2, 0.05, 0.17],
    [30, 10, 0.02, 0.57],
  ])(
    'Kayenta with %d points at %d requests/s and %d errors says High in %d',
    (points, rps, rate, expected) => {
      let high = 0
      for (let i = 0; i < runs; i++) {
        const random = seeded(i, 'kayenta')
        if (isHigh(random, rates(random, points, rps, rate), rates(random, points, rps, 0.001))) high += 1
      }
      near(high / runs, expected)
    },
  )

  test.each<[string, number[], number[], boolean]>([
    ['the same values', [0, 1, 2], [2, 0, 1], false],
    ['no errors anywhere', [0, 0, 0], [0, 0], false],
    ['two points that separate', [5, 6], [1, 2], true],
    ['nothing on one side', [], [1, 2], true],
  ])('Kayenta on %s', (_name, experiment, control, high) => {
    expect(isHigh(seeded(1), experiment, control)).toBe(high)
  })
})

function rates(random: Random, points: number, rps: number, rate: number): number[] {
  const all = Array.from({ length: points }, () => {
    const total = poisson(random, rps * 6)
    return total > 0 ? (100 * binomial(random, total, rate)) / total : null
  })
  return all.filter((value) => value !== null)
}
