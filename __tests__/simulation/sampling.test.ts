import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRandom, type Random } from '../../src/simulation/random.ts'
import { binomial, logFactorial, poisson, split } from '../../src/simulation/sampling.ts'

describe('random', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    const draw = (seed: number | string): number[] => {
      const random = createRandom(seed)
      return Array.from({ length: 5 }, () => random.next())
    }
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
    expect(draw('a')).not.toEqual(draw('b'))
  })

  test('a fork is moved by nothing but its label', () => {
    const random = createRandom(1)
    const before = random.fork('x').next()
    random.next()
    expect(random.fork('x').next()).toBe(before)
    expect(random.fork('y').next()).not.toBe(before)
  })

  test('numbers fill [0, 1) evenly', () => {
    const random = createRandom(3)
    const counts = new Array<number>(20).fill(0)
    for (let draw = 0; draw < 20_000; draw += 1) {
      const place = Math.floor(random.next() * 20)
      counts[place] = (counts[place] as number) + 1
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    // 99.9% point of 19 degrees of freedom
    expect(chiSquare).toBeLessThan(43.8)
  })
})

/** chiSquareOf compares draws with a distribution, pooling cells that expect fewer than 8; gives [chi², cells]. */
function chiSquareOf(draws: number[], chance: (k: number) => number): [number, number] {
  const observed = new Map<number, number>()
  for (const k of draws) observed.set(k, (observed.get(k) ?? 0) + 1)
  let chi = 0
  let cells = 0
  let pooledExpected = 0
  let pooledObserved = 0
  const settle = (): void => {
    chi += (pooledObserved - pooledExpected) ** 2 / pooledExpected
    cells += 1
    pooledExpected = 0
    pooledObserved = 0
  }
  for (let k = 0; k <= Math.max(...draws); k += 1) {
    pooledExpected += chance(k) * draws.length
    pooledObserved += observed.get(k) ?? 0
    if (pooledExpected >= 8) settle()
  }
  return [chi, cells]
}

function expectFit(draw: (random: Random) => number, chance: (k: number) => number): void {
  const random = createRandom('fit')
  const [chi, cells] = chiSquareOf(
    Array.from({ length: 30_000 }, () => draw(random)),
    chance,
  )
  // Mean + 4 standard deviations of chi² with `cells` degrees of freedom.
  expect(chi).toBeLessThan(cells + 4 * Math.sqrt(2 * cells))
  expect(cells).toBeGreaterThan(2)
}

describe('draws have the very distribution', () => {
  test.each([0.3, 2, 9.99, 10, 25.5, 400])('poisson with mean %d', (mean) => {
    expectFit(
      (random) => poisson(random, mean),
      (k) => Math.exp(k * Math.log(mean) - mean - logFactorial(k)),
    )
  })

  test.each([
    [5, 0.5],
    [20, 0.05],
    [100, 0.09],
    [100, 0.11],
    [60, 0.97],
    [1000, 0.3],
    [5000, 0.01],
  ])('binomial of %d with chance %d', (n, p) => {
    expectFit(
      (random) => binomial(random, n, p),
      (k) =>
        k > n
          ? 0
          : Math.exp(
              logFactorial(n) -
                logFactorial(k) -
                logFactorial(n - k) +
                k * Math.log(p) +
                (n - k) * Math.log1p(-p),
            ),
    )
  })

  test('logFactorial goes on smoothly past its table', () => {
    for (const n of [255, 256, 257, 1000]) {
      expect(logFactorial(n + 1) - logFactorial(n)).toBeCloseTo(Math.log(n + 1), 10)
    }
  })

  test('edges', () => {
    const random = createRandom(1)
    expect(poisson(random, 0)).toBe(0)
    expect(poisson(random, Number.NaN)).toBe(0)
    expect(binomial(random, 0, 0.5)).toBe(0)
    expect(binomial(random, 9, 0)).toBe(0)
    expect(binomial(random, 9, 1)).toBe(9)
  })

  test('split loses and invents nothing, and gives nothing to a weight of zero', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0.001, max: 50, noNaN: true })), { maxLength: 8 }),
        fc.integer(),
        (n, weights, seed) => {
          const parts = split(createRandom(seed), n, weights, new Array<number>(weights.length))
          const some = weights.some((weight) => weight > 0)
          expect(parts.reduce((sum, part) => sum + part, 0)).toBe(some ? n : 0)
          for (const [index, weight] of weights.entries()) {
            expect(parts[index]).toBeGreaterThanOrEqual(0)
            if (weight === 0) expect(parts[index]).toBe(0)
          }
        },
      ),
    )
  })

  test('split follows its weights', () => {
    const random = createRandom(5)
    const sums = [0, 0, 0]
    for (let round = 0; round < 300; round += 1) {
      for (const [index, part] of split(random, 100, [1, 3, 6], [0, 0, 0]).entries()) {
        sums[index] = (sums[index] as number) + part
      }
    }
    for (const [index, share] of [0.1, 0.3, 0.6].entries()) {
      const deviation = Math.sqrt(30_000 * share * (1 - share))
      expect(Math.abs((sums[index] as number) - 30_000 * share)).toBeLessThan(4 * deviation)
    }
  })
})
