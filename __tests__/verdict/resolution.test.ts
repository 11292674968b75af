import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type EngineConfig, resolveConfig } from '../../src/verdict/config.ts'
import { divergence, information, nearestRate } from '../../src/verdict/engine/projection.ts'
import {
  chooseMargin,
  phiPassOf,
  runningRate,
  type StepRemedy,
  stepRemedy,
  timeToCatch,
} from '../../src/verdict/resolution.ts'

const config = resolveConfig()
const calibration = { n: 144_000, b: 144, S1: 150, S2: 148, df: 900 }
const rate = runningRate(calibration, config)
const phiPass = phiPassOf(calibration, config)
const step = { config, rate, phiPass, share: 0.1, control: true, maxSeconds: 900 }

describe('the margin that traffic can prove', () => {
  test('reference: rate and requests needed', () => {
    expect(rate).toBeCloseTo(0.00102495, 8)
    const { needs } = chooseMargin({ ...step, canaryRate: 1 })
    expect(needs.map(({ margin }) => margin)).toEqual([0.005, 0.01, 0.02, 0.05, 0.1])
    const expected = [1822.5, 785.446, 353.742, 128.764, 60.6086]
    for (const [i, { requests }] of needs.entries()) {
      expect(Math.abs(requests / (expected[i] as number) - 1)).toBeLessThan(3e-6)
    }
  })

  test('reference: without control', () => {
    const { needs } = chooseMargin({ ...step, share: 1, control: false, canaryRate: 1 })
    const expected = [1791.37, 778.52, 352.169, 128.529, 60.5498]
    for (const [i, { requests }] of needs.entries()) {
      expect(Math.abs(requests / (expected[i] as number) - 1)).toBeLessThan(3e-6)
    }
  })

  test.each([
    [0.03, 0.1, true],
    [0.1, 0.1, false],
    [0.3, 0.05, false],
    [1, 0.01, false],
    [3, 0.005, false],
  ])('reference: %d canary requests a second', (canaryRate, margin, outOfReach) => {
    const choice = chooseMargin({ ...step, canaryRate })
    expect(choice).toMatchObject({ margin, outOfReach })
    expect(choice.secondsNeeded).toBeCloseTo(choice.requestsNeeded / canaryRate, 9)
    expect(choice.secondsNeeded <= 900).toBe(!outOfReach)
  })

  test('no traffic: out of reach, forever', () => {
    const choice = chooseMargin({ ...step, canaryRate: 0 })
    expect(choice).toMatchObject({ margin: 0.1, outOfReach: true, secondsNeeded: Number.POSITIVE_INFINITY })
  })

  test.each<[string, Partial<EngineConfig>, number | undefined, number[]]>([
    ['the list', {}, undefined, [0.005, 0.01, 0.02, 0.05, 0.1]],
    ['cut from above', {}, 0.02, [0.005, 0.01, 0.02]],
    ['cut from below', { passMargin: 0.015 }, undefined, [0.02, 0.05, 0.1]],
    ['fixed', { passMargin: 0.03, margins: [0.03] }, undefined, [0.03]],
    ['a bound below the list', {}, 0.003, [0.003]],
    ['nothing of the list between the bounds', { passMargin: 0.03 }, 0.04, [0.03]],
  ])('on offer: %s', (_name, partial, maxMargin, offer) => {
    const traffic = { ...step, config: resolveConfig(partial), canaryRate: 1 }
    const { needs } = chooseMargin(maxMargin === undefined ? traffic : { ...traffic, maxMargin })
    expect(needs.map(({ margin }) => margin)).toEqual(offer)
  })

  test.each<[string, Partial<EngineConfig>, number]>([
    ['the comparison', {}, 23],
    ['the limit too', { promisedLimit: 0.05 }, 49],
  ])(
    'what helps brings the step within reach of %s, and a little less does not',
    (_name, partial, percent) => {
      const short = { ...step, config: resolveConfig(partial), canaryRate: 0.03 }
      const { sharePercent, maxSeconds, requestsPerSecond } = stepRemedy(short) as StepRemedy
      const reaches = (traffic: typeof short) => !chooseMargin(traffic).outOfReach
      expect(reaches({ ...short, maxSeconds: (maxSeconds as number) * 1.0001 })).toBe(true)
      expect(reaches({ ...short, maxSeconds: (maxSeconds as number) * 0.9999 })).toBe(false)
      expect(reaches({ ...short, canaryRate: requestsPerSecond * 0.10001 })).toBe(true)
      expect(reaches({ ...short, canaryRate: requestsPerSecond * 0.09999 })).toBe(false)
      const at = (share: number) => ({ ...short, share: share / 100, canaryRate: (0.3 * share) / 100 })
      expect(reaches(at(sharePercent as number))).toBe(true)
      expect(reaches(at((sharePercent as number) - 1))).toBe(false)
      expect(sharePercent).toBe(percent)
    },
  )

  test.each<[string, Parameters<typeof stepRemedy>[0], ReturnType<typeof stepRemedy>]>([
    ['within reach', { ...step, canaryRate: 3 }, null],
    [
      'a limit that stable itself breaks',
      { ...step, config: resolveConfig({ promisedLimit: step.rate / 2 }), canaryRate: 3 },
      null,
    ],
    [
      'no traffic',
      { ...step, canaryRate: 0 },
      { sharePercent: null, maxSeconds: null, requestsPerSecond: expect.any(Number) as unknown as number },
    ],
  ])('%s', (_name, traffic, remedy) => expect(stepRemedy(traffic)).toEqual(remedy))
})

describe('the time to catch a bad canary', () => {
  const ask = { config, rate: 0.001, share: 0.1, control: true, canaryRate: 10, pollSeconds: 15 }

  test('is about 1.6 times the limit of 165 s for five times 0.1% at 100 requests a second', () => {
    expect(timeToCatch({ ...ask, canaryBad: 0.005 })).toBe(255)
  })

  test.each([
    ['a disaster still takes two polls', { canaryBad: 1, canaryRate: 1000 }, 30],
    ['on the line: never', { canaryBad: 0.0011 }, null],
    ['without traffic: never', { canaryBad: 0.5, canaryRate: 0 }, null],
    ['alone, below what it is held to: never', { canaryBad: 0.01, control: false }, null],
    ['alone, at the limit of the user: never', { canaryBad: 0.005, control: false, slo: 0.005 }, null],
  ])('%s', (_name, change, expected) => {
    const { slo = null, ...rest } = change as { slo?: number; canaryBad: number }
    expect(timeToCatch({ ...ask, ...rest, config: resolveConfig({ slo }) })).toBe(expected)
  })

  test('falls with traffic and with harm', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.002, max: 0.5, noNaN: true }),
        fc.double({ min: 0.1, max: 1000, noNaN: true }),
        (canaryBad, canaryRate) => {
          const time = timeToCatch({ ...ask, canaryBad, canaryRate }) as number
          expect(timeToCatch({ ...ask, canaryBad: canaryBad * 1.5, canaryRate })).toBeLessThanOrEqual(time)
          expect(timeToCatch({ ...ask, canaryBad, canaryRate: canaryRate * 2 })).toBeLessThanOrEqual(time)
        },
      ),
    )
  })
})

describe('the projection on the line', () => {
  const unit = fc.double({ min: 1e-6, max: 0.999, noNaN: true })
  const count = fc.integer({ min: 1, max: 1_000_000 })

  test('no point of the line is nearer, from either side of it', () => {
    fc.assert(
      fc.property(
        count,
        count,
        unit,
        unit,
        fc.double({ min: 1, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 0.2, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (nc, ns, ac, as, ratio, add, at) => {
          const far = (x: number) => nc * divergence(ac, ratio * x + add) + ns * divergence(as, x)
          const x = nearestRate(nc, ac, ns, as, ratio, add)
          const other = at * Math.min(1, (1 - add) / ratio)
          const least = far(x)
          expect(least).toBeGreaterThanOrEqual(-1e-12 * (nc + ns))
          // Infinity or NaN at the very ends of the line: no point of it is nearer there either.
          expect(far(other) < least * (1 - 1e-9) - 1e-9 * (nc + ns)).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('information is zero on the line, and symmetric when the sides are exchanged on the diagonal', () => {
    fc.assert(
      fc.property(unit, unit, (p, q) => {
        expect(information(p, p, 9, 1, 0)).toBeCloseTo(0, 12)
        expect(information(p, q, 1, 1, 0)).toBeCloseTo(information(q, p, 1, 1, 0), 9)
      }),
    )
  })
})
