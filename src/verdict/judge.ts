import type { Calibration, Poll } from '../release/evidence/counts.ts'
import { Failure } from '../release/failure.ts'
import type { Verdict } from '../release/verdict.ts'
import type { EngineConfig, StepOverride } from './config.ts'
import { advance, createEngine } from './engine/engine.ts'

export interface JudgeOptions {
  /** What single steps, by number, prove and how long they last. */
  steps?: Readonly<Record<number, StepOverride>>
  /** Ends at the first `inconclusive` too, not only at a `fail`: nothing follows a step that isn't passed. */
  untilFinal?: boolean
}

/**
 * judgeAll gives one Verdict after every poll of a release. Ends at the first `fail`; goes on past
 * `inconclusive`, which stays its step's verdict, because a rollout may go on by policy (see `untilFinal`).
 * Throws Failure `invalid-input` for a bad config.
 */
export function judgeAll(
  config: Partial<EngineConfig>,
  calibration: Calibration | null,
  polls: readonly Poll[],
  options: JudgeOptions = {},
): Verdict[] {
  const engine = createEngine(config, calibration)
  const verdicts: Verdict[] = []
  for (const poll of polls) {
    const verdict = advance(engine, poll, options.steps?.[poll.step])
    verdicts.push(verdict)
    if (verdict.verdict === 'fail') break
    if (verdict.verdict === 'inconclusive' && options.untilFinal === true) break
  }
  return verdicts
}

/** judge is the last Verdict of `judgeAll`. Throws Failure `invalid-input` where there is no poll. */
export function judge(
  config: Partial<EngineConfig>,
  calibration: Calibration | null,
  polls: readonly Poll[],
  options: JudgeOptions = {},
): Verdict {
  const last = judgeAll(config, calibration, polls, options).at(-1)
  if (last === undefined) throw new Failure('invalid-input', 'There is no poll to judge: give at least one.')
  return last
}
