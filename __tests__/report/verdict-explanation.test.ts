import { describe, expect, test } from '@jest/globals'
import type { Verdict } from '../../src/release/verdict.ts'
import { explainVerdict, resolutionSentence } from '../../src/report/words/verdict-explanation.ts'

const base: Verdict = {
  t: 60,
  verdict: 'continue',
  reason: 'collecting',
  note: 'ok',
  logAbort: Math.log(4000),
  logAbortNeeded: Math.log(100),
  logPass: 0,
  logPoll: 0,
  logLr: 0,
  logGap: 0,
  phi: null,
  numbers: {
    canary: { total: 240, bad: 12 },
    stable: { total: 2160, bad: 3 },
    stepCanaryTotal: 240,
    stepSeconds: 60,
  },
  needed: { requests: 1234, seconds: 120 },
}
const sides = 'canary 12 of 240 requests failed (5%), stable 3 of 2,160 (0.14%)'
const limited = 'canary 12 of 240 requests failed (5%, limit 2%), stable 3 of 2,160 (0.14%)'

describe('the sentence for people', () => {
  test.each<[Verdict['verdict'], Verdict['reason'], string]>([
    ['fail', 'worse-than-stable', `${limited}: worse, evidence 4,000:1 (needs 100:1).`],
    [
      'fail',
      'over-limit',
      `${limited}: the canary is over the limit of 2% and stable isn't, evidence 4,000:1 (needs 100:1).`,
    ],
    [
      'pass',
      'not-worse',
      `${limited}: not worse; a pass rules out a canary that fails 0.5 points more often; below the limit of 2%.`,
    ],
    [
      'continue',
      'suspicious',
      `${limited}: it looks worse, evidence 4,000:1 (needs 100:1), which is suspicion and not proof.`,
    ],
    [
      'inconclusive',
      'suspicious',
      `${limited}: it looks worse, evidence 4,000:1 (needs 100:1), which is suspicion and not proof; the step's time is up.`,
    ],
    ['continue', 'min-duration', `${limited}: good so far; the step lasts 2m more at least.`],
    [
      'continue',
      'collecting',
      `${limited}: still collecting; a good canary needs about 1,200 more canary requests and 2m more to pass.`,
    ],
    [
      'inconclusive',
      'too-little-evidence',
      `${limited}: neither proven worse nor proven good; the step's time is up; a good canary needs about 1,200 more canary requests and 2m more to pass.`,
    ],
    [
      'hold',
      'no-data',
      `Metrics unavailable: no usable counts of both versions have arrived for too long (${limited}).`,
    ],
    ['hold', 'no-traffic', `No new requests to both versions for too long (${limited}).`],
    [
      'inconclusive',
      'shared-degradation',
      `Stable itself is far above its normal rate, so nothing can be said about the canary (${limited}); the step's time is up.`,
    ],
    [
      'hold',
      'infrastructure',
      `The nodes or proxies under the canary are degraded, so nothing can be said about the canary (${limited}).`,
    ],
  ])('%s: %s', (verdict, reason, sentence) => {
    expect(explainVerdict({ ...base, verdict, reason }, { slo: 0.02, margin: 0.005 })).toBe(sentence)
  })

  test('other words, nothing counted, nothing to say about what is needed', () => {
    const numbers = { ...base.numbers, canary: { total: 0, bad: 0 } }
    expect(explainVerdict({ ...base, numbers, needed: null }, { bad: 'took over 500 ms' })).toBe(
      'canary 0 of 0 requests took over 500 ms, stable 3 of 2,160 (0.14%): still collecting.',
    )
  })

  test('what was promoted without a pass is called so, and nothing is still awaited', () => {
    expect(explainVerdict(base, { unproven: true })).toBe(
      `${sides}: nothing speaks against it, and too little was counted for a pass.`,
    )
  })

  test('a phase that never passes', () => {
    const settling = { ...base, reason: 'min-duration' as const, needed: null }
    expect(explainVerdict(settling)).toBe(`${sides}: good so far; this phase only watches, it can't pass.`)
  })

  test.each([
    [Math.log(3_000_000), 'evidence over 1,000,000:1 (needs 100:1)'],
    [Math.log(123.4), 'evidence 120:1 (needs 100:1)'],
    [Math.log(0.25), 'evidence 1:4 (needs 100:1)'],
  ])('evidence of %d', (logAbort, shown) => {
    expect(explainVerdict({ ...base, verdict: 'fail', reason: 'worse-than-stable', logAbort })).toContain(
      `${shown}.`,
    )
  })

  test.each([
    [0.05, 0.1, 'a pass at 10% rules out a canary that fails 5 points more often'],
    [0.01, 0.5, 'a pass at 50% rules out a canary that fails 1 point more often'],
    [0.005, undefined, 'a pass rules out a canary that fails 0.5 points more often'],
  ])('resolution %d at %p', (margin, share, sentence) => {
    expect(resolutionSentence(margin, share)).toBe(sentence)
  })
})
