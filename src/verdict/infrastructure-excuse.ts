import type { Calibration, Counts, Poll } from '../release/evidence/counts.ts'
import type { InfrastructureIssue } from '../release/evidence/gate-evidence.ts'
import type { Verdict } from '../release/verdict.ts'
import type { EngineConfig } from './config.ts'
import { advance, createEngine } from './engine/engine.ts'
import { catastrophic } from './engine/ruling.ts'
import { type JudgeOptions, judgeAll } from './judge.ts'

/** InfrastructureIssueAt gives what was degraded under the canary at a time (seconds); null: nothing known. */
export type InfrastructureIssueAt = (t: number) => InfrastructureIssue | null

/**
 * judgeWithInfrastructure judges like `judgeAll`, but not by what the canary's nodes or sidecars may have caused. What
 * was counted while they were degraded proves nothing, unless it proves a catastrophe; so the counts are judged with
 * and without it. A fail that rests on it is `hold: infrastructure` while they are, `inconclusive` at the
 * step's end; when it is over, the counts of the other times speak alone.
 */
export function judgeWithInfrastructure(
  config: Partial<EngineConfig>,
  calibration: Calibration | null,
  polls: readonly Poll[],
  issueAt: InfrastructureIssueAt,
  options: Pick<JudgeOptions, 'steps'> = {},
): Verdict[] {
  if (polls.every(({ t }) => issueAt(t) === null)) return judgeAll(config, calibration, polls, options)
  const whole = createEngine(config, calibration)
  const clean = createEngine(config, calibration)
  const rest = excludeIssues(polls, issueAt)
  const verdicts: Verdict[] = []
  let excused = false
  for (const [index, poll] of polls.entries()) {
    const override = options.steps?.[poll.step]
    const all = advance(whole, poll, override)
    const innocent = advance(clean, rest[index] as Poll, override)
    const issue = issueAt(poll.t)
    excused ||= issue !== null
    verdicts.push(
      excused ? combineRulings(all, innocent, issue, catastrophic(whole), override?.maxSeconds) : all,
    )
    if (verdicts.at(-1)?.verdict === 'fail') break
  }
  return verdicts
}

function combineRulings(
  all: Verdict,
  innocent: Verdict,
  issue: InfrastructureIssue | null,
  catastrophe: boolean,
  maxSeconds = Number.POSITIVE_INFINITY,
): Verdict {
  if (all.verdict === 'fail' && catastrophe) return all
  if (innocent.verdict === 'fail') return innocent
  if (issue === null) return innocent
  if (all.verdict !== 'fail') return all
  const late = all.numbers.stepSeconds >= maxSeconds - 1e-9
  const verdict = late ? 'inconclusive' : 'hold'
  return { ...all, verdict, reason: 'infrastructure', infrastructure: issue }
}

/** excludeIssues leaves out what was counted in the intervals that end with an infrastructure issue. */
export function excludeIssues(polls: readonly Poll[], issueAt: InfrastructureIssueAt): Poll[] {
  const left = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
  const last: { canary: Counts | null; stable: Counts | null } = { canary: null, stable: null }
  return polls.map((poll) => {
    const degraded = issueAt(poll.t) !== null
    const side = (name: 'canary' | 'stable'): Counts | null => {
      const counts = poll[name]
      if (counts === null) return null
      const before = last[name]
      if (degraded && before !== null) {
        left[name].total += Math.max(0, counts.total - before.total)
        left[name].bad += Math.max(0, counts.bad - before.bad)
      }
      last[name] = counts
      return { total: counts.total - left[name].total, bad: counts.bad - left[name].bad }
    }
    return { ...poll, canary: side('canary'), stable: side('stable') }
  })
}
