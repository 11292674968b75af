import { describe, expect, test } from '@jest/globals'
import type { Calibration, Poll } from '../../src/release/evidence/counts.ts'
import type { Verdict } from '../../src/release/verdict.ts'
import type { EngineConfig, StepOverride } from '../../src/verdict/config.ts'
import { judgeAll } from '../../src/verdict/judge.ts'

/** Requests and bad ones of canary and stable in one poll interval; null: the poll failed. */
type Row = [canary: number, bad: number, stable: number, bad: number] | null

const calibration: Calibration = { n: 72_000, b: 72, S1: 30, S2: 28, df: 60 }
const quiet: Row = [150, 0, 1350, 1]
const broken: Row = [150, 150, 1350, 1]
const down: Row = [150, 45, 1350, 405]
const idle: Row = [0, 0, 1350, 1]

/** release adds rows up to polls every 15 s; `stepAt` starts step 1 at that poll, `soloAt` ends control. */
function release(rows: Row[], { stepAt = -1, soloAt = -1 } = {}): Poll[] {
  const sums = [0, 0, 0, 0]
  return [[0, 0, 0, 0] as Row, ...rows].map((row, i) => {
    for (let k = 0; k < 4; k++) sums[k] = (sums[k] as number) + (row?.[k] ?? 0)
    const [total, bad, all, failed] = sums as [number, number, number, number]
    const poll: Poll = {
      t: i * 15,
      step: stepAt >= 0 && i >= stepAt ? 1 : 0,
      canary: row === null ? null : { total, bad },
      stable: row === null ? null : { total: all, bad: failed },
    }
    return soloAt >= 0 && i >= soloAt ? { ...poll, control: false } : poll
  })
}

const times = (n: number, row: Row): Row[] => new Array<Row>(n).fill(row)

interface Case {
  name: string
  rows: Row[]
  config?: Partial<EngineConfig>
  calibration?: Calibration | null
  shape?: { stepAt?: number; soloAt?: number }
  expected: `${Verdict['verdict']}: ${Verdict['reason']}`
}

const cases: Case[] = [
  {
    name: 'every canary request fails: proof at the second block',
    rows: times(2, broken),
    expected: 'fail: worse-than-stable',
  },
  { name: 'one such block is suspicion', rows: times(1, broken), expected: 'continue: suspicious' },
  {
    name: 'the same proof on too few bad requests',
    rows: times(2, [150, 150, 1350, 1]),
    config: { minBad: 1000 },
    expected: 'continue: suspicious',
  },
  {
    name: 'the same proof in too few blocks',
    rows: times(2, broken),
    config: { minBadBlocks: 3 },
    expected: 'continue: suspicious',
  },
  {
    name: 'worse, but by less than matters to the user',
    rows: times(12, [1000, 60, 9000, 90]),
    config: { minExcess: 0.06 },
    expected: 'continue: suspicious',
  },
  {
    name: 'over the limit, while no worse than stable by the ratio allowed',
    rows: times(6, [1000, 60, 9000, 360]),
    config: { slo: 0.045, abortRatio: 2 },
    calibration: null,
    expected: 'fail: over-limit',
  },
  {
    name: 'over the limit with stable over it too: no fail',
    rows: times(6, [1000, 60, 9000, 540]),
    config: { slo: 0.03, abortRatio: 2 },
    calibration: null,
    expected: 'hold: shared-degradation',
  },
  { name: 'quiet for the minimum time', rows: times(12, quiet), expected: 'pass: not-worse' },
  { name: 'quiet, a poll before it', rows: times(11, quiet), expected: 'continue: min-duration' },
  { name: 'quiet, on too few requests', rows: times(12, [1, 0, 9, 0]), expected: 'continue: collecting' },
  { name: 'just begun', rows: times(1, quiet), expected: 'continue: collecting' },
  {
    name: 'nothing scraped for as long as is tolerated',
    rows: [...times(4, quiet), ...times(6, null)],
    expected: 'continue: collecting',
  },
  {
    name: 'nothing scraped for longer',
    rows: [...times(4, quiet), ...times(7, null)],
    expected: 'hold: no-data',
  },
  { name: 'nothing scraped from the start', rows: times(7, null), expected: 'hold: no-data' },
  {
    name: 'nothing scraped when the time is up',
    rows: [...times(4, quiet), ...times(8, null)],
    config: { maxSeconds: 180 },
    expected: 'inconclusive: no-data',
  },
  {
    name: 'a canary without requests',
    rows: [...times(4, quiet), ...times(7, idle)],
    expected: 'hold: no-traffic',
  },
  {
    name: 'a canary without requests when the time is up',
    rows: [...times(4, quiet), ...times(8, idle)],
    config: { maxSeconds: 180 },
    expected: 'inconclusive: no-traffic',
  },
  {
    name: 'both go down',
    rows: [...times(4, quiet), ...times(4, down)],
    expected: 'hold: shared-degradation',
  },
  {
    name: 'both are down when the time is up',
    rows: [...times(8, quiet), ...times(4, down)],
    config: { maxSeconds: 180 },
    expected: 'inconclusive: shared-degradation',
  },
  {
    name: 'both were down, and recovered',
    rows: [...times(4, quiet), ...times(4, down), ...times(24, quiet)],
    expected: 'pass: not-worse',
  },
  {
    name: 'both down without history: nothing says what is normal, and nobody is blamed',
    rows: [...times(4, quiet), ...times(4, down)],
    calibration: null,
    expected: 'continue: collecting',
  },
  {
    name: 'suspicion when the time is up',
    rows: [...times(3, quiet), broken],
    config: { maxSeconds: 60 },
    expected: 'inconclusive: suspicious',
  },
  {
    name: 'too little traffic when the time is up',
    rows: times(4, [3, 0, 27, 0]),
    config: { maxSeconds: 60 },
    expected: 'inconclusive: too-little-evidence',
  },
  {
    name: 'a new step begins a new pass',
    rows: times(13, quiet),
    shape: { stepAt: 13 },
    expected: 'continue: collecting',
  },
  {
    name: 'evidence of harm is carried into the next step',
    rows: [...times(1, broken), ...times(1, broken)],
    shape: { stepAt: 2 },
    expected: 'fail: worse-than-stable',
  },
  {
    name: 'alone at 100% and far above what stable was',
    rows: [...times(4, quiet), ...times(8, [1500, 150, 0, 0])],
    shape: { soloAt: 5 },
    expected: 'fail: worse-than-stable',
  },
  {
    name: 'alone at 100% and as good as stable was',
    rows: [...times(4, quiet), ...times(14, [1500, 1, 0, 0])],
    shape: { soloAt: 5, stepAt: 5 },
    expected: 'pass: not-worse',
  },
]

describe('every reason', () => {
  test.each(cases)('$name → $expected', ({ rows, config = {}, shape = {}, expected, ...rest }) => {
    const known = rest.calibration === undefined ? calibration : rest.calibration
    const last = judgeAll(config, known, release(rows, shape)).at(-1)
    expect(`${last?.verdict}: ${last?.reason}`).toBe(expected)
  })

  test('every reason of the engine has its case', () => {
    const reasons = new Set(cases.map(({ expected }) => expected.split(': ')[1]))
    expect([...reasons].sort()).toEqual([
      'collecting',
      'min-duration',
      'no-data',
      'no-traffic',
      'not-worse',
      'over-limit',
      'shared-degradation',
      'suspicious',
      'too-little-evidence',
      'worse-than-stable',
    ])
  })
})

describe('what is final', () => {
  const thin = times(4, [3, 0, 27, 0])
  const short = { maxSeconds: 60 }

  test('a later poll of the step changes an inconclusive no more, though it would pass', () => {
    const all = judgeAll(short, calibration, release([...thin, ...times(20, quiet)]))
    const kinds = all.map(({ verdict }) => verdict)
    expect(kinds.slice(4)).toEqual(new Array(21).fill('inconclusive'))
  })

  test('except proof of harm', () => {
    const all = judgeAll(short, calibration, release([...thin, ...times(20, broken)]))
    expect(all.at(-1)).toMatchObject({ verdict: 'fail', reason: 'worse-than-stable', t: 90 })
  })

  test('the next step starts anew', () => {
    const rows = [...thin, ...times(13, quiet)]
    const steps = { 1: { maxSeconds: 900 } }
    const all = judgeAll(short, calibration, release(rows, { stepAt: 5 }), { steps })
    expect(all[4]?.verdict).toBe('inconclusive')
    expect(all.at(-1)).toMatchObject({ verdict: 'pass', numbers: { stepSeconds: 180 } })
  })

  test('a pass is not: the same step may fail later', () => {
    const all = judgeAll({}, calibration, release([...times(12, quiet), ...times(4, broken)]))
    expect(all[12]?.verdict).toBe('pass')
    expect(all.at(-1)?.verdict).toBe('fail')
  })
})

describe('a step of its own', () => {
  test.each<[string, StepOverride, Verdict['verdict']]>([
    ['as configured', {}, 'pass'],
    ['asked to prove more', { passMargin: 0.0001 }, 'continue'],
    ['asked to last longer', { minSeconds: 300 }, 'continue'],
    ['asked for more requests', { minRequests: 100_000 }, 'continue'],
    ['asked to be over earlier', { maxSeconds: 60 }, 'inconclusive'],
    ['settling: never over', { maxSeconds: Number.POSITIVE_INFINITY, minSeconds: 1e9 }, 'continue'],
  ])('%s', (_name, override, verdict) => {
    const polls = release(times(12, quiet))
    expect(judgeAll({}, calibration, polls, { steps: { 0: override } }).at(-1)?.verdict).toBe(verdict)
  })
})

describe('what is still needed', () => {
  test('requests fall as evidence comes in, and a good release passes with about as many', () => {
    const polls = release(times(60, [40, 0, 360, 0]))
    const all = judgeAll({ minSeconds: 0 }, calibration, polls)
    const needs = all.map(({ needed }) => needed?.requests ?? null)
    expect(needs[0]).toBeNull()
    const first = needs[1] as number
    expect(needs[2]).toBeLessThan(first)
    const passed = all.find(({ verdict }) => verdict === 'pass')
    // The estimate is for twice the evidence: errors come by chance, and here are none.
    expect(passed?.numbers.canary.total).toBeGreaterThan(first / 4)
    expect(passed?.numbers.canary.total).toBeLessThan(first)
    expect(passed?.needed).toBeNull()
  })

  test('seconds count down to the minimum time', () => {
    const all = judgeAll({}, calibration, release(times(12, quiet)))
    expect(all.slice(0, 4).map(({ needed }) => needed?.seconds)).toEqual([180, 165, 150, 135])
    expect(all[11]?.needed).toEqual({ requests: 0, seconds: 15 })
  })

  test('a phase that never passes needs nothing', () => {
    const steps = { 0: { minSeconds: Number.POSITIVE_INFINITY, maxSeconds: Number.POSITIVE_INFINITY } }
    const last = judgeAll({}, calibration, release(times(100, quiet)), { steps }).at(-1)
    expect(last).toMatchObject({ verdict: 'continue', reason: 'min-duration', needed: null })
  })
})
