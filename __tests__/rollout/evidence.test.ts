import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { CountPoint } from '../../src/release/evidence/counts.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { assess } from '../../src/rollout/evidence/assessment.ts'
import { stepCounts } from '../../src/rollout/evidence/step-counts.ts'
import { entry, release, settings } from './release-state.ts'

/** A release with v2 at 10% since second 30 and its clock running since second 60. */
const observing = release({ phase: 'observing', step: 0, weight: 10, stepStates: [entry()] })

interface Life {
  canary: [requests: number, bad: number]
  stable: [requests: number, bad: number]
  lost?: number
}

/** Grid points every 15 s: before second 30 all requests are stable's. */
function points(upTo: number, life: Life): CountPoint[] {
  const rows: CountPoint[] = []
  const sum = { cn: 0, cb: 0, sn: 0, sb: 0, lost: 0 }
  for (let t = 0; t <= upTo; t += 15) {
    if (t > 30) {
      sum.cn += life.canary[0]
      sum.cb += life.canary[1]
      sum.lost += life.lost ?? 0
    }
    if (t > 0) {
      sum.sn += life.stable[0]
      sum.sb += life.stable[1]
    }
    rows.push({
      t,
      canary: { total: sum.cn, bad: sum.cb },
      stable: { total: sum.sn, bad: sum.sb },
      unreached: sum.lost,
      abandoned: 0,
    })
  }
  return rows
}

const at = (state: ReleaseState, seconds: number) => state.startedAt + seconds * 1000
const good: Life = { canary: [150, 0], stable: [1350, 1] }

function judged(state: ReleaseState, rows: CountPoint[], until: number) {
  return assess(state, settings, { points: rows, notes: [] }, at(state, until))
}

describe('what counts say about a release', () => {
  test('a good canary passes when the minimum time is over, not before', () => {
    expect(judged(observing, points(225, good), 225).verdict).toMatchObject({ verdict: 'continue' })
    expect(judged(observing, points(255, good), 255).verdict).toMatchObject({ verdict: 'pass' })
  })

  test('a disaster fails at the second poll with canary requests, settling included', () => {
    const settling = release({
      phase: 'settling',
      step: 0,
      weight: 10,
      stepStates: [entry({ timerStart: null })],
    })
    const disaster: Life = { canary: [150, 150], stable: [1350, 1] }
    expect(judged(settling, points(45, disaster), 45).verdict).toMatchObject({ verdict: 'continue' })
    expect(judged(settling, points(60, disaster), 60).verdict).toMatchObject({ verdict: 'fail' })
  })

  test('settling never passes, however long it lasts', () => {
    const settling = release({
      phase: 'settling',
      step: 0,
      weight: 10,
      stepStates: [entry({ timerStart: null })],
    })
    expect(judged(settling, points(1500, good), 1500).verdicts.map(({ verdict }) => verdict)).not.toContain(
      'pass',
    )
  })

  test('an outage holds, then ends the step without a verdict; it is never a pass', () => {
    const known = points(120, good)
    const kinds = judged(observing, known, 1200).verdicts.filter(({ t }) => t > 120)
    expect(kinds.map(({ verdict }) => verdict)).not.toContain('pass')
    expect(judged(observing, known, 400).verdict).toMatchObject({ verdict: 'hold', reason: 'no-data' })
    expect(judged(observing, known, 1200).verdict).toMatchObject({
      verdict: 'inconclusive',
      reason: 'no-data',
    })
  })

  test('what happened before the first weight write is no evidence', () => {
    const shadow = points(225, good).map((point) => ({
      ...point,
      canary: { total: (point.canary?.total ?? 0) + 500, bad: 500 },
    }))
    expect(judged(observing, shadow, 225).verdict?.numbers.canary).toEqual({ total: 1950, bad: 0 })
  })

  test('requests that reach nobody are noticed although no version is blamed', () => {
    const hole: Life = { ...good, lost: 150 }
    expect(judged(observing, points(90, hole), 90).guard).toMatchObject({ verdict: 'fail' })
    expect(judged(observing, points(300, good), 300).guard?.verdict).not.toBe('fail')
  })

  test('at 100% stable is not asked for any more', () => {
    const alone = release({
      phase: 'observing',
      step: 1,
      weight: 100,
      stepStates: [entry(), entry({ weight: 100, writtenAt: 1_240_000, timerStart: 1_270_000 })],
    })
    const { polls } = judged(alone, points(300, good), 300)
    expect(polls.filter(({ control }) => control === false).map(({ t }) => t)).toEqual([
      240, 255, 270, 285, 300,
    ])
  })

  test('a fresh process that reads everything at once reaches the same verdicts as one that watched', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 30 })), {
          minLength: 4,
          maxLength: 25,
        }),
        (rates) => {
          const rows: CountPoint[] = []
          let [n, b] = [0, 0]
          rates.forEach(([requests, bad], index) => {
            n += requests
            b += Math.min(requests, bad)
            rows.push({
              t: index * 15,
              canary: { total: n, bad: b },
              stable: { total: index * 900, bad: index },
              unreached: 0,
              abandoned: 0,
            })
          })
          const whole = judged(observing, rows, rows.length * 15 - 15)
          const watched = rows.map(
            (_, index) => judged(observing, rows.slice(0, index + 1), index * 15).verdict,
          )
          whole.verdicts.forEach((verdict) => {
            expect(watched[verdict.t / 15]).toEqual(verdict)
          })
        },
      ),
    )
  })

  test('a step has its own counts', () => {
    const { polls } = judged(observing, points(90, good), 90)
    expect(stepCounts(observing, polls)).toEqual({
      canary: { total: 600, bad: 0 },
      stable: { total: 5400, bad: 4 },
    })
  })
})
