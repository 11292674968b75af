import { describe, expect, test } from '@jest/globals'
import { bucketShares, latencyBounds, meanLatency, shareWithin } from '../../src/simulation/latency.ts'
import { createRandom } from '../../src/simulation/random.ts'
import {
  arrivalRate,
  arrivals,
  badShare,
  countInterval,
  errorShare,
  timeoutShare,
  versionModel,
} from '../../src/simulation/traffic.ts'
import {
  type ErrorModel,
  healthyVersion,
  type RateModel,
  type TrafficModel,
  type VersionModel,
} from '../../src/simulation/traffic-model.ts'

const model: TrafficModel = {
  rate: { kind: 'constant', perSecond: 50 },
  callers: [{ name: 'web', namespace: 'web', through: 'sidecar', share: 1 }],
  versions: { v2: healthyVersion(0.05) },
  others: healthyVersion(0.01),
}

function version(errors: ErrorModel): VersionModel {
  return { ...healthyVersion(0), errors }
}

describe('rate', () => {
  const steps: RateModel = {
    kind: 'steps',
    steps: [
      { from: 0, perSecond: 5 },
      { from: 60, perSecond: 50 },
    ],
  }
  const wave: RateModel = { kind: 'wave', mean: 100, amplitude: 0.5, periodSeconds: 400, phaseSeconds: 0 }
  test.each<[RateModel, number, number]>([
    [{ kind: 'constant', perSecond: 7 }, 1e6, 7],
    [steps, -10, 5],
    [steps, 59, 5],
    [steps, 60, 50],
    [wave, 0, 100],
    [wave, 100, 150],
    [wave, 300, 50],
  ])('%j at %d is %d', (rate, t, wanted) => {
    expect(arrivalRate(rate, t)).toBeCloseTo(wanted, 9)
  })

  test('arrivals come at the rate, for the share of a caller', () => {
    const random = createRandom(1)
    let sum = 0
    for (let second = 0; second < 2000; second += 1) sum += arrivals(random, steps, second, second + 1, 0.5)
    const mean = 60 * 2.5 + 1940 * 25
    expect(Math.abs(sum - mean)).toBeLessThan(4 * Math.sqrt(mean))
  })
})

describe('errors', () => {
  test('a version without a model of its own is one of the others', () => {
    expect(versionModel(model, 'v2')).toBe(model.versions['v2'])
    expect(versionModel(model, 'toString')).toBe(model.others)
  })

  test('from a time on', () => {
    const late = version({ kind: 'from', at: 100, before: 0, after: 0.5 })
    expect(errorShare(model, late, 99.9)).toBe(0)
    expect(errorShare(model, late, 100)).toBe(0.5)
  })

  test('bursts last as long as they say, once a window, at places that the seed decides', () => {
    const bursts = (seed: number): number[] => {
      const bursty = version({
        kind: 'bursts',
        base: 0.01,
        during: 0.6,
        everySeconds: 50,
        lastsSeconds: 5,
        seed,
      })
      return Array.from({ length: 5000 }, (_, index) => errorShare(model, bursty, index / 2))
    }
    const shares = bursts(1)
    const inBurst = shares.filter((share) => share > 0.5).length
    expect(inBurst / shares.length).toBeCloseTo(0.1, 2)
    expect(shares).toEqual(bursts(1))
    expect(shares).not.toEqual(bursts(2))
  })

  test('a degradation hits every version on top of its own errors', () => {
    const degraded = { ...model, degradations: [{ from: 10, until: 20, share: 0.2 }] }
    expect(errorShare(degraded, version({ kind: 'constant', share: 0.1 }), 15)).toBeCloseTo(1 - 0.9 * 0.8, 12)
    expect(errorShare(degraded, version({ kind: 'constant', share: 0.1 }), 20)).toBeCloseTo(0.1, 12)
  })

  test('what outlasts the callers is bad, whatever the pod would have said', () => {
    const slow: VersionModel = {
      errors: { kind: 'constant', share: 0.1 },
      latency: { medianMs: 1000, spread: 1 },
    }
    const impatient = { ...model, timeoutMs: 1000 }
    expect(timeoutShare(impatient, slow)).toBeCloseTo(0.5, 6)
    expect(badShare(impatient, slow, 0)).toBeCloseTo(0.5 + 0.5 * 0.1, 6)
    expect(timeoutShare(model, slow)).toBe(0)
  })
})

describe('latency', () => {
  const latency = { medianMs: 40, spread: 0.7, slow: { share: 0.1, medianMs: 900, spread: 0.2 } }
  test('buckets together are all answers within the limit', () => {
    for (const limit of [100, 750, Number.POSITIVE_INFINITY]) {
      const shares = bucketShares(latency, limit)
      expect(shares).toHaveLength(latencyBounds.length)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(shareWithin(latency, limit), 9)
      for (const share of shares) expect(share).toBeGreaterThanOrEqual(-1e-9)
    }
  })

  test.each([
    [40, 0.5],
    [40 * Math.exp(0.7), 0.8413447],
    [40 * Math.exp(-1.4), 0.0227501],
  ])('within %d ms are %d of the main hump', (ms, share) => {
    expect(shareWithin({ medianMs: 40, spread: 0.7 }, ms)).toBeCloseTo(share, 5)
  })

  test('the mean counts both humps', () => {
    const wanted = 0.9 * 40 * Math.exp(0.245) + 0.1 * 900 * Math.exp(0.02)
    expect(meanLatency(latency)).toBeCloseTo(wanted, 9)
  })
})

test('an interval in memory counts both sides as the model says', () => {
  const random = createRandom(9)
  const counts = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
  const versions = { canary: versionModel(model, 'v2'), stable: versionModel(model, 'v1'), share: 0.25 }
  for (let from = 0; from < 40_000; from += 10) {
    countInterval(random, model, versions, { from, until: from + 10 }, counts)
  }
  const all = 2_000_000
  const near = (value: number, mean: number): void => {
    expect(Math.abs(value - mean)).toBeLessThan(4 * Math.sqrt(mean))
  }
  near(counts.canary.total, all * 0.25)
  near(counts.stable.total, all * 0.75)
  near(counts.canary.bad, all * 0.25 * 0.05)
  near(counts.stable.bad, all * 0.75 * 0.01)
})
