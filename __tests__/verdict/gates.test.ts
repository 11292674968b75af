import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Poll } from '../../src/release/evidence/counts.ts'
import type { Reading } from '../../src/release/evidence/gate-evidence.ts'
import type { Verdict, VerdictKind, VerdictReason } from '../../src/release/verdict.ts'
import { combine, type GateVerdict, shareOut } from '../../src/verdict/gates.ts'
import { excludeIssues, judgeWithInfrastructure } from '../../src/verdict/infrastructure-excuse.ts'
import { judgeAll } from '../../src/verdict/judge.ts'
import { judgeLimits } from '../../src/verdict/limits.ts'
import { verdict } from '../rollout/release-state.ts'

const shown = (kind: VerdictKind, reason: VerdictReason): Verdict => verdict({ verdict: kind, reason })

const pass = shown('pass', 'not-worse')
const fail = shown('fail', 'worse-than-stable')
const collecting = shown('continue', 'collecting')
const suspicious = shown('continue', 'suspicious')

/** gate is one gate's answer; `errors` where it isn't named. */
function gate(own: Verdict | null, more: Partial<GateVerdict> = {}): GateVerdict {
  return { gate: 'errors', route: null, mode: 'enforce', verdict: own, ...more }
}

describe('what several gates come to', () => {
  const slow = { gate: 'slow' }
  test.each<[string, GateVerdict[], object | null]>([
    ['one gate is as it is', [gate(pass)], { verdict: 'pass' }],
    ['all pass', [gate(pass), gate(pass, slow)], { verdict: 'pass' }],
    ['any fail fails, and is named', [gate(pass), gate(fail, slow)], { verdict: 'fail', gate: 'slow' }],
    ['two fail: errors come first', [gate(fail), gate(fail, slow)], fail],
    ['one still collects', [gate(pass), gate(collecting, slow)], { verdict: 'continue', gate: 'slow' }],
    [
      'suspicion outweighs collecting',
      [gate(collecting), gate(suspicious, slow)],
      { reason: 'suspicious', gate: 'slow' },
    ],
    [
      'a hold outweighs suspicion',
      [gate(suspicious), gate(shown('hold', 'bad-data'), slow)],
      { verdict: 'hold', reason: 'bad-data' },
    ],
    [
      'of two that are inconclusive, the one that must not be waved through speaks',
      [gate(shown('inconclusive', 'too-little-evidence')), gate(shown('inconclusive', 'suspicious'), slow)],
      { verdict: 'inconclusive', reason: 'suspicious', gate: 'slow' },
    ],
    [
      'who observes decides nothing',
      [gate(pass), gate(fail, { ...slow, mode: 'observe' })],
      { verdict: 'pass' },
    ],
    [
      'errors may observe too',
      [gate(fail, { mode: 'observe' }), gate(pass, slow)],
      { verdict: 'pass', gate: 'slow' },
    ],
    ['a gate not heard of yet withholds', [gate(pass), gate(null, slow)], { reason: 'collecting' }],
    ['nothing heard at all', [gate(null)], null],
    [
      'a route can fail',
      [gate(pass), gate(fail, { route: 'GetCart' })],
      { verdict: 'fail', route: 'GetCart' },
    ],
    [
      'a suspicious route withholds',
      [gate(pass), gate(suspicious, { route: 'GetCart' })],
      { route: 'GetCart' },
    ],
    [
      'a quiet route withholds nothing',
      [gate(pass), gate(collecting, { route: 'GetCart' })],
      { verdict: 'pass' },
    ],
    [
      'nor does one at the end of its time',
      [gate(pass), gate(shown('inconclusive', 'too-little-evidence'), { route: 'GetCart' })],
      { verdict: 'pass' },
    ],
  ])('%s', (_, verdicts, wanted) => {
    if (wanted === null) expect(combine(verdicts)).toBeNull()
    else expect(combine(verdicts)).toMatchObject(wanted)
    if (wanted === fail) expect(combine(verdicts)).not.toHaveProperty('gate')
  })

  const kinds: [VerdictKind, VerdictReason][] = [
    ['pass', 'not-worse'],
    ['fail', 'worse-than-stable'],
    ['continue', 'collecting'],
    ['continue', 'suspicious'],
    ['hold', 'no-data'],
    ['hold', 'infrastructure'],
    ['inconclusive', 'too-little-evidence'],
    ['inconclusive', 'suspicious'],
  ]
  const anyGate = fc.record({
    gate: fc.constantFrom('errors', 'slow', 'queue'),
    route: fc.constantFrom(null, null, 'GetCart'),
    mode: fc.constantFrom('enforce', 'enforce', 'observe'),
    verdict: fc.option(fc.constantFrom(...kinds).map(([kind, reason]) => shown(kind, reason))),
  }) as fc.Arbitrary<GateVerdict>

  test('fails exactly when an enforced gate fails, passes only when every enforced total passes', () => {
    fc.assert(
      fc.property(fc.array(anyGate, { maxLength: 6 }), (verdicts) => {
        const enforced = verdicts.filter(({ mode }) => mode === 'enforce')
        const answer = combine(verdicts)
        const failed = enforced.some((each) => each.verdict?.verdict === 'fail')
        expect(answer?.verdict === 'fail').toBe(failed)
        if (answer?.verdict === 'pass') {
          for (const each of enforced) {
            if (each.route === null) expect(each.verdict?.verdict).toBe('pass')
            else expect(each.verdict?.reason).not.toBe('suspicious')
          }
        }
      }),
    )
  })

  test('the shares of alpha never add up to more than alpha, and routes get theirs by traffic', () => {
    const shares = fc.array(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), shares, (gates, routes) => {
        const one = shareOut(0.01, gates, routes)
        const spent = one.total.alpha + one.routes.reduce((sum, { alpha }) => sum + alpha, 0)
        const others = Math.max(0, gates - 1) * shareOut(0.01, gates).total.alpha
        expect(spent + others).toBeLessThanOrEqual(0.01 * (1 + 1e-9))
      }),
    )
    expect(shareOut(0.01, 2, [{ share: 0.3 }, { share: 0.1 }])).toEqual({
      total: { alpha: 0.0025, suspect: 8 },
      routes: [
        { alpha: expect.closeTo(0.001875, 12), suspect: expect.closeTo(2 / 0.1875, 9) },
        { alpha: expect.closeTo(0.000625, 12), suspect: expect.closeTo(32, 9) },
      ],
    })
    expect(shareOut(0.01, 1).total).toEqual({ alpha: 0.01, suspect: 2 })
  })
})

describe('a gate with limits', () => {
  const rule = {
    isRight: (value: number) => value <= 10,
    agree: 3,
    steps: { 0: { minSeconds: Number.POSITIVE_INFINITY }, 1: { minSeconds: 60, maxSeconds: 120 } },
  }
  const row = (index: number, seen: number | Reading['outcome'], step = 1) => ({
    t: index * 15,
    step,
    outcome: typeof seen === 'number' ? ('value' as const) : seen,
    value: typeof seen === 'number' ? seen : null,
    text: '',
  })
  test.each<[string, (number | Reading['outcome'])[], string]>([
    ['three wrong in a row fail', [1, 11, 11, 11], 'fail: outside-limits'],
    ['two wrong are a suspicion', [1, 1, 11, 11], 'continue: suspicious'],
    ['a right one between ends the row', [11, 11, 1, 11], 'continue: suspicious'],
    ['a fail is final', [11, 11, 11, 1, 1, 1, 1], 'fail: outside-limits'],
    ['three right wait for the minimum time', [1, 1, 1], 'continue: min-duration'],
    ['and pass at its end', [1, 1, 1, 1, 1], 'pass: within-limits'],
    ['what was right before does not outweigh now', [1, 1, 1, 1, 1, 11], 'continue: suspicious'],
    ['no data holds', [1, 1, 1, 1, 1, 'no-data'], 'hold: no-data'],
    ['bad data holds', [1, 'bad-data'], 'hold: bad-data'],
    ['an outage holds', [1, 'metrics-outage'], 'hold: metrics-outage'],
    ['none of these is a wrong one', [11, 11, 'no-data', 11], 'continue: suspicious'],
    ['nor a right one', [1, 1, 'no-data', 1, 1], 'continue: collecting'],
    ['at the end no data stays what it is', Array(9).fill('no-data'), 'inconclusive: no-data'],
    [
      'at the end an outage stays what it is',
      [1, ...Array(8).fill('metrics-outage')],
      'inconclusive: metrics-outage',
    ],
    ['at the end doubt stays doubt', [...Array(8).fill(1), 11], 'inconclusive: suspicious'],
    [
      'at the end too few right ones are too few',
      [...Array(8).fill('no-data'), 1],
      'inconclusive: too-little-evidence',
    ],
  ])('%s', (_, seen, wanted) => {
    const last = judgeLimits(
      rule,
      seen.map((each, index) => row(index, each)),
    ).at(-1)
    expect(`${last?.verdict}: ${last?.reason}`).toBe(wanted)
  })

  test('settling never passes, but can fail, and a new step starts its own count', () => {
    expect(
      judgeLimits(
        rule,
        [0, 1, 2, 3].map((i) => row(i, 1, 0)),
      ).at(-1)?.verdict,
    ).toBe('continue')
    const across = [row(0, 11, 0), row(1, 11, 0), row(2, 11, 1)]
    expect(judgeLimits(rule, across).at(-1)?.verdict).toBe('fail')
    const fresh = [...[0, 1, 2, 3, 4].map((i) => row(i, 1, 1)), row(5, 1, 3)]
    expect(
      judgeLimits(rule, fresh)
        .map((each) => each.verdict)
        .slice(-2),
    ).toEqual(['pass', 'continue'])
  })
})

describe('whose fault', () => {
  /** Polls of 15 s: 100 requests of the canary and 900 of stable each, `bad` of the canary's fail. */
  function polls(count: number, bad: (index: number) => number): Poll[] {
    let failed = 0
    return Array.from({ length: count }, (_, index) => {
      if (index > 0) failed += bad(index)
      return {
        t: index * 15,
        step: 1,
        canary: { total: index * 100, bad: failed },
        stable: { total: index * 900, bad: index },
      }
    })
  }
  const stolen = { steal: { canary: 0.38, stable: null }, throttled: null }
  const steps = { 1: { minSeconds: 60, maxSeconds: 240 } }
  const during = (from: number, until: number) => (t: number) => (t >= from && t <= until ? stolen : null)
  const some = polls(13, (index) => (index >= 4 && index <= 8 ? 9 : 0))

  test('without trouble it is the plain verdict', () => {
    expect(judgeWithInfrastructure({}, null, some, () => null, { steps })).toEqual(
      judgeAll({}, null, some, { steps }),
    )
    expect(judgeAll({}, null, some, { steps }).at(-1)?.verdict).toBe('fail')
  })

  test('a fail while the nodes are in trouble is held, with the evidence, and passes away with it', () => {
    const verdicts = judgeWithInfrastructure({}, null, some, during(60, 120), { steps })
    expect(verdicts).toHaveLength(13)
    expect(verdicts[8]).toMatchObject({ verdict: 'hold', reason: 'infrastructure', infrastructure: stolen })
    expect(verdicts.filter(({ verdict: kind }) => kind === 'fail')).toEqual([])
    expect(verdicts.at(-1)?.reason).not.toBe('infrastructure')
  })

  test('at the end of the step it is inconclusive', () => {
    const bad = polls(18, () => 6)
    const verdicts = judgeWithInfrastructure({}, null, bad, during(0, 999), { steps })
    expect(verdicts[15]).toMatchObject({ verdict: 'hold', reason: 'infrastructure' })
    expect(verdicts[16]).toMatchObject({ verdict: 'inconclusive', reason: 'infrastructure' })
  })

  test('a catastrophe is no neighbour’s doing', () => {
    const verdicts = judgeWithInfrastructure(
      {},
      null,
      polls(13, () => 60),
      during(0, 999),
      { steps },
    )
    expect(verdicts.at(-1)).toMatchObject({ verdict: 'fail', reason: 'worse-than-stable' })
  })

  test('harm outside of the trouble is proof, whatever else was', () => {
    const verdicts = judgeWithInfrastructure(
      {},
      null,
      polls(40, () => 6),
      during(0, 30),
      { steps },
    )
    expect(verdicts.at(-1)?.verdict).toBe('fail')
  })

  test('counts without trouble stay counts: they never fall, never exceed the whole, never have more bad than all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.boolean()), { minLength: 1, maxLength: 20 }),
        (rows) => {
          let total = 0
          let bad = 0
          const all = rows.map(([n, b], index): Poll => {
            total += n + b
            bad += b
            const counts = { total, bad }
            return { t: index, step: 1, canary: counts, stable: counts }
          })
          const clean = excludeIssues(all, (t) => (rows[t]?.[2] ? stolen : null))
          let before = { total: 0, bad: 0 }
          clean.forEach((poll, index) => {
            const now = poll.canary as { total: number; bad: number }
            expect(now.total).toBeGreaterThanOrEqual(before.total)
            expect(now.bad).toBeGreaterThanOrEqual(before.bad)
            expect(now.bad).toBeLessThanOrEqual(now.total)
            expect(now.total).toBeLessThanOrEqual(all[index]?.canary?.total ?? 0)
            before = now
          })
        },
      ),
    )
  })
})
