import type { Counts } from '../../../release/evidence/counts.ts'
import type { GateMode } from '../../../release/gates.ts'
import { failureRate, formatCount, formatPercent } from '../../../release/text/figures.ts'
import { ratioText } from '../verdict-explanation.ts'

/** A proved difference; `bad` says what the counts' bad requests are, `logAbort` is the evidence's natural logarithm. */
interface AnswerDifference {
  bad: string
  mode: GateMode
  canary: Counts
  stable: Counts
  logAbort: number
}

/** answerDifferenceSentences says a proved difference between what both versions answer. */
export function answerDifferenceSentences({ bad, mode, canary, stable, logAbort }: AnswerDifference): string {
  const of = (whose: string, counts: Counts) =>
    `${formatPercent(failureRate(counts) ?? 0)} of ${whose} ${formatCount(counts.total)} requests`
  const seen = `The answers differ: ${of("the canary's", canary)}, and ${of("stable's", stable)}, ${bad} (evidence ${ratioText(logAbort)}; failed requests are left out).`
  return mode === 'observe' ? `${seen} It is only observed; with profile: enforce it rolls back.` : seen
}
