import type { Reading } from '../release/evidence/gate-evidence.ts'
import type { Verdict } from '../release/verdict.ts'

/** LimitReading is one reading with the step that it belongs to. */
interface LimitReading extends Reading {
  step: number
}

/** GateLimits says what is right, how often it must be seen, and how long steps last, in seconds. */
interface GateLimits {
  isRight(value: number): boolean
  agree: number
  steps: Readonly<Record<number, { minSeconds?: number; maxSeconds?: number }>>
}

type Ruling = Pick<Verdict, 'verdict' | 'reason'>

/**
 * judgeLimits gives one Verdict after each reading: `fail` once `agree` readings in a row were outside the limits,
 * final for the release; `pass` once `agree` readings in a row of this step were inside and its minimum time is over.
 * No data, bad data and an outage are no readings: they end a row, hold the step, and are never a pass or a fail.
 */
export function judgeLimits(rule: GateLimits, rows: readonly LimitReading[]): Verdict[] {
  const verdicts: Verdict[] = []
  let step = { number: Number.NaN, start: 0, right: 0 }
  let wrong = 0
  for (const row of rows) {
    if (row.step !== step.number) step = { number: row.step, start: row.t, right: 0 }
    const right = row.outcome === 'value' && row.value !== null ? rule.isRight(row.value) : null
    step.right = right === true ? step.right + 1 : 0
    wrong = right === false ? wrong + 1 : 0
    const failed = verdicts.at(-1)?.verdict === 'fail' || wrong >= rule.agree
    const ruling: Ruling = failed
      ? { verdict: 'fail', reason: 'outside-limits' }
      : unproven(rule, row, { age: row.t - step.start, right: step.right, wrong })
    verdicts.push(verdictOf(row, ruling, row.t - step.start))
  }
  return verdicts
}

function unproven(
  rule: GateLimits,
  row: LimitReading,
  seen: { age: number; right: number; wrong: number },
): Ruling {
  const { minSeconds = 0, maxSeconds = Number.POSITIVE_INFINITY } = rule.steps[row.step] ?? {}
  const late = seen.age >= maxSeconds - 1e-9
  if (row.outcome !== 'value') return { verdict: late ? 'inconclusive' : 'hold', reason: row.outcome }
  const suffices = seen.right >= rule.agree
  if (suffices && seen.age >= minSeconds - 1e-9) return { verdict: 'pass', reason: 'within-limits' }
  if (seen.wrong > 0) return { verdict: late ? 'inconclusive' : 'continue', reason: 'suspicious' }
  if (late) return { verdict: 'inconclusive', reason: 'too-little-evidence' }
  return { verdict: 'continue', reason: suffices ? 'min-duration' : 'collecting' }
}

function verdictOf(row: LimitReading, ruling: Ruling, stepSeconds: number): Verdict {
  return {
    t: row.t,
    ...ruling,
    note: row.outcome === 'value' ? 'ok' : 'missing',
    detail: row.text,
    logAbort: 0,
    logPass: 0,
    logPoll: 0,
    logLr: 0,
    logGap: 0,
    phi: null,
    numbers: {
      canary: { total: 0, bad: 0 },
      stable: { total: 0, bad: 0 },
      stepCanaryTotal: 0,
      stepSeconds,
    },
    needed: null,
  }
}
