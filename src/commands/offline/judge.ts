import { Failure } from '../../release/failure.ts'
import { isRecord } from '../../release/record/record-codec.ts'
import type { Verdict } from '../../release/verdict.ts'
import { explainVerdict } from '../../report/words/verdict-explanation.ts'
import { formatVerdict, parseJudgeFile } from '../../verdict/file.ts'
import { judgeAll } from '../../verdict/judge.ts'

/** JudgeResult is the engine's answers over a file: one JSON object a poll, and the last one's kind. */
interface JudgeResult {
  lines: string[]
  /** One sentence a poll, with its time. */
  explained: string[]
  last: Verdict['verdict']
  reason: Verdict['reason']
}

/**
 * judgeText runs the verdict engine over the text of a judge file, up to the first `fail` or `inconclusive`. It
 * throws Failure `invalid-input` that names the place of a mistake.
 */
export function judgeText(text: string): JudgeResult {
  if (isRecord(text)) {
    throw new Failure(
      'invalid-input',
      'The file is the record of a release, not a file of counts: judge it again with "shiftgate replay FILE".',
    )
  }
  const { config, calibration, polls } = parseJudgeFile(text)
  const verdicts = judgeAll(config, calibration, polls, { untilFinal: true })
  // A file holds at least one poll: the parser sees to it.
  const last = verdicts.at(-1) as Verdict
  return {
    lines: verdicts.map((verdict) => JSON.stringify(formatVerdict(verdict))),
    explained: verdicts.map((verdict) => `${verdict.t} s  ${verdict.verdict}: ${explainVerdict(verdict)}`),
    last: last.verdict,
    reason: last.reason,
  }
}
