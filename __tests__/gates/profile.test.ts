import { describe, expect, jest, test } from '@jest/globals'
import { binomial, poisson, seeded } from '../../bench/verdict/random.ts'
import { answerParts } from '../../src/gates/profile/answer-parts.ts'
import { activeGates } from '../../src/gates/selection.ts'
import { answerFails, answerOf } from '../../src/release/evidence/answers.ts'
import type { CountPoint } from '../../src/release/evidence/counts.ts'
import type { Settings } from '../../src/release/settings.ts'
import { assess } from '../../src/rollout/evidence/assessment.ts'
import { gateDigest } from '../../src/rollout/start/start.ts'
import { entry, release, settings } from '../rollout/release-state.ts'

// Seconds of work, on a machine that may be busy.
jest.setTimeout(60_000)

type Mix = Record<string, number>
const state = release({ phase: 'observing', step: 0, weight: 10, stepStates: [entry()] })

/** Half an hour at 10%, 40 requests a second, each version answering by its own mix. */
function answered(seed: string, canary: Mix, stable: Mix, polls = 120): CountPoint[] {
  const random = seeded(1, seed)
  const sums = { canary: {} as Mix, stable: {} as Mix }
  const draw = (into: Mix, mix: Mix, n: number) => {
    let [left, share] = [n, 1]
    for (const [answer, part] of Object.entries(mix)) {
      const own = binomial(random, left, Math.min(1, part / share))
      if (own > 0) into[answer] = (into[answer] ?? 0) + own
      left -= own
      share -= part
    }
  }
  const points: CountPoint[] = []
  for (let index = 0; index <= polls; index += 1) {
    const side = (mix: Mix) => ({ total: Object.values(mix).reduce((a, b) => a + b, 0), bad: 0 })
    points.push({
      t: index * 15,
      canary: side(sums.canary),
      stable: side(sums.stable),
      unreached: 0,
      abandoned: 0,
      answers: { canary: { ...sums.canary }, stable: { ...sums.stable } },
    })
    if (index >= 2) draw(sums.canary, canary, poisson(random, 60))
    draw(sums.stable, stable, poisson(random, 540))
  }
  return points
}

function judged(points: CountPoint[], own: Settings) {
  const until = state.startedAt + (points.at(-1)?.t ?? 0) * 1000
  return assess(state, own, { points, notes: [] }, until)
}

const observing: Settings = { ...settings, profile: 'observe' }
const proved = (points: CountPoint[], own = observing) =>
  judged(points, own)
    .gates.filter(({ gate, verdicts }) => gate === 'profile' && verdicts.at(-1)?.verdict === 'fail')
    .map(({ route }) => route)

describe('what both versions answer', () => {
  test.each<[string, Mix, Mix, string]>([
    ['404 for 200', { 404: 1 }, { 200: 1 }, '404'],
    ['302 for 200', { 302: 1 }, { 200: 1 }, '302'],
    ['401 for a tenth', { 200: 0.9, 401: 0.1 }, { 200: 1 }, '401'],
    ['a gRPC NOT_FOUND', { 'grpc 5': 1 }, { 'grpc 0': 1 }, 'grpc 5'],
    ['401 no longer given', { 200: 1 }, { 200: 0.9, 401: 0.1 }, 'fewer 401'],
  ])('a difference is proved: %s', (name, canary, stable, part) => {
    expect(proved(answered(name, canary, stable, 40))).toContain(part)
  })

  test('failures belong to the gate of failed requests', () => {
    const points = answered('failing', { 200: 0.5, 503: 0.5 }, { 200: 1 }, 40)
    expect(proved(points)).toEqual([])
  })

  test('a law: versions that answer alike are told apart at most once in a hundred releases', () => {
    const mix = { 200: 0.8, 304: 0.1, 404: 0.07, 401: 0.02, 429: 0.01 }
    const alarms = Array.from({ length: 60 }, (_, run) => proved(answered(`${run}`, mix, mix)).length)
    // At 1%, 60 releases give more than 4 once in 2500.
    expect(alarms.filter((count) => count > 0).length).toBeLessThanOrEqual(4)
  })

  test('all parts together have the weight of one gate', () => {
    const codes = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [String(200 + index), 1 / 30]))
    const parts = answerParts(answered('many', codes, codes, 10))
    expect(parts).toHaveLength(24)
    expect(parts.reduce((sum, { weight }) => sum + weight, 0)).toBeLessThanOrEqual(1)
  })

  test('observing changes nothing; enforcing fails the release by the part', () => {
    const points = answered('404', { 404: 1 }, { 200: 1 }, 30)
    expect(judged(points, observing).verdict).toEqual(judged(points, settings).verdict)
    const { verdict } = judged(points, { ...settings, profile: 'enforce' })
    expect(verdict).toMatchObject({ verdict: 'fail', gate: 'profile' })
  })

  test('a first version has nothing to be compared with, and counts without codes tell nothing', () => {
    const points = answered('first', { 404: 1 }, { 200: 1 }, 30)
    const first = assess(
      { ...state, stable: null },
      observing,
      { points, notes: [] },
      state.startedAt + 450_000,
    )
    expect(first.gates.map(({ gate }) => gate)).toEqual(['errors'])
    expect(proved(points.map(({ answers: _, ...point }) => point))).toEqual([])
  })
})

describe('the option', () => {
  test('an entry of the config counts instead of it', () => {
    const own = { name: 'profile', type: 'profile', mode: 'enforce' } as const
    expect(activeGates({ gates: [own], profile: 'off' })).toEqual([own])
    expect(activeGates({ gates: [], profile: 'off' })).toEqual([])
    expect(activeGates({ gates: [] })).toEqual([])
  })

  test('what only observes is no other configuration of a release in flight', () => {
    expect(gateDigest(observing)).toBe(gateDigest(settings))
    expect(gateDigest({ ...settings, profile: 'enforce' })).not.toBe(gateDigest(settings))
  })
})

describe('names of answers', () => {
  test.each([
    ['404', '', '404', false],
    ['200', '5', 'grpc 5', false],
    ['200', '14', 'grpc 14', true],
    ['503', '', '503', true],
    ['503', '0', '503', true],
    ['0', '', 'none', true],
    ['2xx', '', 'other', false],
    ['200', '<script>', 'other', false],
  ])('%s and gRPC status %j is %s', (code, status, answer, fails) => {
    expect(answerOf(code, status)).toBe(answer)
    expect(answerFails(answer)).toBe(fails)
  })
})
