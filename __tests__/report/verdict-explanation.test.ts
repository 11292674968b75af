import { describe, expect, test } from '@jest/globals'
import type { Verdict } from '../../src/release/verdict.ts'
import { explainVerdict, resolutionSentence } from '../../src/report/words/verdict-explanation.ts'

const base: Verdict = {
  t: 60,
  verdict: 'continue',
  reason: 'collecting',
  note: 'ok',
  logAbort: Math.log(4000),
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
const arms = 'canary 12 of 240 requests failed (5%), stable 3 of 2160 (0.14%)'

describe('the sentence for people', () => {
  test.each<[Verdict['verdict'], Verdict['reason'], string]>([
    ['fail', 'worse-than-stable', `${arms}: worse, odds 4000:1.`],
    ['fail', 'over-limit', `${arms}: the canary is over the limit of 2% and stable isn't, odds 4000:1.`],
    ['pass', 'not-worse', `${arms}: not worse; a pass rules out a canary that fails 0.5 points more often.`],
    ['continue', 'suspicious', `${arms}: it looks worse, odds 4000:1, which is suspicion and not proof.`],
    [
      'inconclusive',
      'suspicious',
      `${arms}: it looks worse, odds 4000:1, which is suspicion and not proof; the step's time is up.`,
    ],
    ['continue', 'min-duration', `${arms}: good so far; the step lasts 120 s more at least.`],
    [
      'continue',
      'collecting',
      `${arms}: still collecting; a good canary needs about 1200 more canary requests and 120 s more to pass.`,
    ],
    [
      'inconclusive',
      'too-little-evidence',
      `${arms}: neither proven worse nor proven good; the step's time is up; a good canary needs about 1200 more canary requests and 120 s more to pass.`,
    ],
    ['hold', 'no-data', `Blind: no usable counts of both versions have arrived for too long (${arms}).`],
    ['hold', 'no-traffic', `No new requests to both versions for too long (${arms}).`],
    [
      'inconclusive',
      'shared-degradation',
      `Stable itself is far above its normal rate, so the canary can't be blamed (${arms}); the step's time is up.`,
    ],
    [
      'hold',
      'infrastructure',
      `The nodes or proxies under the canary are degraded, so it can't be blamed (${arms}).`,
    ],
    [
      'fail',
      'unreached',
      `More requests than before the release reach no pod at all while the canary has traffic (${arms}).`,
    ],
  ])('%s: %s', (verdict, reason, sentence) => {
    expect(explainVerdict({ ...base, verdict, reason }, { slo: 0.02, margin: 0.005 })).toBe(sentence)
  })

  test('other words, nothing counted, nothing to say about what is needed', () => {
    const numbers = { ...base.numbers, canary: { total: 0, bad: 0 } }
    expect(explainVerdict({ ...base, numbers, needed: null }, { bad: 'took over 500 ms' })).toBe(
      'canary 0 of 0 requests took over 500 ms, stable 3 of 2160 (0.14%): still collecting.',
    )
  })

  test('a phase that never passes', () => {
    const settling = { ...base, reason: 'min-duration' as const, needed: null }
    expect(explainVerdict(settling)).toBe(`${arms}: good so far; this phase only watches, it can't pass.`)
  })

  test.each([
    [Math.log(3_000_000), 'odds over 1000000:1'],
    [Math.log(123.4), 'odds 120:1'],
    [Math.log(0.25), 'odds 1:4'],
  ])('odds of %d', (logAbort, shown) => {
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
