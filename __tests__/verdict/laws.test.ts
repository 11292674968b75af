import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { Calibration, Counts, Poll } from '../../src/release/evidence/counts.ts'
import { defaults, type EngineConfig } from '../../src/verdict/config.ts'
import { blockLog, shareAtLine, shareLog } from '../../src/verdict/engine/block-evidence.ts'
import { advance, createEngine } from '../../src/verdict/engine/engine.ts'
import { judge, judgeAll } from '../../src/verdict/judge.ts'

interface Increment {
  canary: [number, number]
  stable: [number, number]
  fault: 'none' | 'missing' | 'late' | 'reset'
  nextStep: boolean
}

const countsOfSide = (most: number): fc.Arbitrary<[number, number]> =>
  fc
    .tuple(fc.integer({ min: 0, max: most }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
    .map(([total, share, bad]) => [total, bad ? Math.floor(total * share * share * share) : 0])

const increments: fc.Arbitrary<Increment[]> = fc.array(
  fc.record({
    canary: countsOfSide(200),
    stable: countsOfSide(2000),
    fault: fc.oneof(
      { weight: 8, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom('missing' as const, 'late' as const, 'reset' as const) },
    ),
    nextStep: fc.double({ min: 0, max: 1, noNaN: true }).map((chance) => chance < 0.1),
  }),
  { minLength: 1, maxLength: 60 },
)

const calibrations: fc.Arbitrary<Calibration | null> = fc.option(
  fc.record({
    n: fc.integer({ min: 1000, max: 1_000_000 }),
    b: fc.integer({ min: 0, max: 900 }),
    S1: fc.double({ min: 1, max: 1000, noNaN: true }),
    S2: fc.double({ min: 1, max: 1000, noNaN: true }),
    df: fc.integer({ min: 1, max: 900 }),
  }),
)

const configs: fc.Arbitrary<Partial<EngineConfig>> = fc.record(
  {
    alpha: fc.constantFrom(0.001, 0.01, 0.1),
    abortRatio: fc.constantFrom(1, 1.1, 1.5),
    slo: fc.constantFrom(0.01, 0.1),
    minSeconds: fc.constantFrom(0, 60, 180),
    minRequests: fc.constantFrom(0, 20, 500),
    maxSeconds: fc.constantFrom(120, 900),
  },
  { requiredKeys: [] },
)

/** pollsOf adds increments up to cumulative polls, with their faults, one every 15 s. */
function pollsOf(parts: readonly Increment[]): Poll[] {
  const canary = { total: 0, bad: 0 }
  const stable = { total: 0, bad: 0 }
  let step = 0
  let shown: Counts = { ...canary }
  return parts.map(({ canary: c, stable: s, fault, nextStep }, i) => {
    canary.total = (fault === 'reset' ? 0 : canary.total) + c[0]
    canary.bad = (fault === 'reset' ? 0 : canary.bad) + c[1]
    stable.total += s[0]
    stable.bad += s[1]
    if (nextStep) step += 1
    if (fault !== 'late') shown = { ...canary }
    return { t: i * 15, step, canary: fault === 'missing' ? null : shown, stable: { ...stable } }
  })
}

/** quiet is the increment in the same step, with few bad requests. */
function quiet(part: Increment): Increment {
  const less = ([total, bad]: [number, number]): [number, number] => [total, Math.floor(bad / 50)]
  return { ...part, canary: less(part.canary), stable: less(part.stable), nextStep: false }
}

describe('laws', () => {
  test('every number stays finite, and the engine answers to every poll', () => {
    fc.assert(
      fc.property(configs, calibrations, increments, (config, calibration, parts) => {
        const engine = createEngine(config, calibration)
        for (const poll of pollsOf(parts)) {
          const { logAbort, logPass, logPoll, logLr, logGap, phi, needed } = advance(engine, poll)
          for (const log of [logAbort, logPass, logPoll, logLr, logGap])
            expect(Number.isFinite(log)).toBe(true)
          if (phi !== null) expect(phi).toBeGreaterThanOrEqual(1)
          if (needed?.requests != null) expect(Number.isInteger(needed.requests)).toBe(true)
        }
      }),
    )
  })

  test('looking twice at the same poll changes nothing but the note, `open`', () => {
    fc.assert(
      fc.property(configs, calibrations, increments, (config, calibration, parts) => {
        const once = createEngine(config, calibration)
        const twice = createEngine(config, calibration)
        for (const poll of pollsOf(parts)) {
          const first = advance(twice, poll)
          const second = advance(twice, poll)
          expect(first).toEqual(advance(once, poll))
          const note = first.note === 'missing' ? 'missing' : 'open'
          expect(second).toEqual({ ...first, note })
        }
      }),
    )
  })

  test('poll by poll equals all at once', () => {
    fc.assert(
      fc.property(configs, calibrations, increments, (config, calibration, parts) => {
        const polls = pollsOf(parts)
        const engine = createEngine(config, calibration)
        const all = judgeAll(config, calibration, polls)
        for (const [i, verdict] of all.entries()) expect(advance(engine, polls[i] as Poll)).toEqual(verdict)
        expect(judge(config, calibration, polls)).toEqual(all.at(-1))
        const final = all.findIndex(({ verdict }) => verdict === 'fail' || verdict === 'inconclusive')
        const until = final < 0 ? all : all.slice(0, final + 1)
        expect(judgeAll(config, calibration, polls, { untilFinal: true })).toEqual(until)
      }),
    )
  })

  test('no data never passes and never fails', () => {
    const blind = fc.array(fc.constantFrom<Counts | null>(null, { total: 0, bad: 0 }), {
      minLength: 1,
      maxLength: 80,
    })
    fc.assert(
      fc.property(configs, calibrations, blind, blind, (config, calibration, canaries, stables) => {
        const polls = canaries.map((canary, i) => ({
          t: i * 15,
          step: 0,
          canary,
          stable: stables[i] ?? null,
        }))
        const free = { ...config, minRequests: 0, minSeconds: 0 }
        for (const { verdict } of judgeAll(free, calibration, polls)) {
          expect(['pass', 'fail']).not.toContain(verdict)
        }
      }),
    )
  })

  test('a pass needs the requests and the time of its step', () => {
    let passes = 0
    fc.assert(
      fc.property(configs, calibrations, increments, (config, calibration, parts) => {
        const { minRequests, minSeconds } = { ...defaults, ...config }
        for (const { verdict, numbers } of judgeAll(
          { ...config, passMargin: 0.1 },
          calibration,
          pollsOf(parts.map(quiet)),
        )) {
          if (verdict !== 'pass') continue
          passes += 1
          expect(numbers.stepCanaryTotal).toBeGreaterThanOrEqual(minRequests)
          expect(numbers.stepSeconds).toBeGreaterThanOrEqual(minSeconds)
        }
      }),
      { numRuns: 300 },
    )
    expect(passes).toBeGreaterThan(20)
  })

  test('the evidence of one block never reaches proof alone', () => {
    fc.assert(
      fc.property(
        configs,
        calibrations,
        countsOfSide(1_000_000),
        countsOfSide(1_000_000),
        fc.boolean(),
        (config, calibration, c, s, control) => {
          const engine = createEngine({ ...config, minBad: 0, minBadBlocks: 0 }, calibration)
          const at = (t: number, [total, bad]: [number, number], [all, failed]: [number, number]): Poll => ({
            t,
            step: 0,
            canary: { total, bad },
            stable: { total: all, bad: failed },
            control,
          })
          advance(engine, at(0, [0, 0], [0, 0]))
          const { logAbort, verdict } = advance(engine, at(15, c, s))
          expect(logAbort).toBeLessThan(Math.log(1 / (config.alpha ?? defaults.alpha)))
          expect(verdict).not.toBe('fail')
        },
      ),
    )
  })

  test('a missing or late poll costs time only: the evidence is that of the polls that were seen', () => {
    fc.assert(
      fc.property(calibrations, increments, fc.infiniteStream(fc.boolean()), (calibration, parts, lost) => {
        const polls = pollsOf(parts.map((part) => ({ ...part, fault: 'none' as const, nextStep: false })))
        const kept: Poll[] = []
        const holed = polls.map((poll, i) => {
          const gone = i > 0 && (lost.next().value as boolean)
          if (!gone) kept.push(poll)
          return gone ? { ...poll, stable: null } : poll
        })
        const whole = createEngine({}, calibration)
        const patchy = createEngine({}, calibration)
        const seen = kept.map((poll) => advance(whole, poll))
        const got = holed.map((poll) => advance(patchy, poll)).filter(({ note }) => note !== 'missing')
        expect(got.map(({ logAbort, logPass }) => [logAbort, logPass])).toEqual(
          seen.map(({ logAbort, logPass }) => [logAbort, logPass]),
        )
      }),
    )
  })

  test('what is counted is what was requested since the first poll, each request once', () => {
    fc.assert(
      fc.property(configs, increments, (config, parts) => {
        const verdicts = judgeAll(
          config,
          null,
          pollsOf(parts.map((part) => ({ ...part, fault: 'none' as const }))),
        )
        const last = verdicts.at(-1)
        const [first, ...rest] = parts.slice(0, verdicts.length)
        const counted = rest.reduce((sum, part) => sum + part.canary[0], 0)
        expect(first).toBeDefined()
        expect(last?.numbers.canary.total).toBeLessThanOrEqual(counted)
        if (last?.note === 'ok') expect(last.numbers.canary.total).toBe(counted)
      }),
    )
  })

  test('scaling: the likelihood ratio grows in proportion to the counts', () => {
    const count = fc.integer({ min: 1, max: 10_000 })
    const rate = fc.double({ min: 0.001, max: 0.5, noNaN: true })
    fc.assert(
      fc.property(count, count, rate, rate, fc.integer({ min: 2, max: 50 }), (nc, ns, low, step, k) => {
        const high = 1.2 * low + 0.39 * step
        const [bc, bs] = [Math.round(nc * high), Math.round(ns * low)]
        const one = blockLog(nc, bc, ns, bs, high, low, 1.1, 0)
        const many = blockLog(k * nc, k * bc, k * ns, k * bs, high, low, 1.1, 0)
        expect(Math.abs(many - k * one)).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(many)))
      }),
    )
  })

  test('fair bets: on the line, the expected wealth of a block is at most what was staked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.01, max: 0.6, noNaN: true }),
        fc.double({ min: 1.05, max: 20, noNaN: true }),
        (nc, ns, stable, ratio) => {
          const canary = 1.1 * stable
          const at = shareAtLine(nc, ns, 1.1)
          const odds = (ratio * canary) / (1 - canary)
          let likelihood = 0
          let share = 0
          for (let bc = 0; bc <= nc; bc++) {
            for (let bs = 0; bs <= ns; bs++) {
              const chance = binomial(nc, bc, canary) * binomial(ns, bs, stable)
              const alternative = odds / (1 + odds)
              likelihood += chance * Math.exp(blockLog(nc, bc, ns, bs, alternative, stable, 1.1, 0))
              share += chance * (bc + bs > 0 ? Math.exp(shareLog(nc, bc, ns, bs, 1.1, ratio, at)) : 1)
            }
          }
          expect(likelihood).toBeLessThanOrEqual(1 + 1e-9)
          expect(share).toBeLessThanOrEqual(1 + 1e-9)
        },
      ),
    )
  })
})

function binomial(n: number, k: number, p: number): number {
  let ways = 1
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i
  return ways * p ** k * (1 - p) ** (n - k)
}
