import type { Counts } from '../../../release/evidence/counts.ts'
import type { ProvedDifference } from '../../../release/record/warning.ts'
import { failureRate, formatCount, formatPercent } from '../../../release/text/figures.ts'
import { ratioText } from '../verdict-explanation.ts'

/** answerDifferenceSentences says a proved difference between what both versions answer. */
export function answerDifferenceSentences(difference: ProvedDifference): string {
  const left = '; failed requests are left out'
  return withMode(`The answers differ: ${figures(difference, left)}`, difference)
}

/** latencyDifferenceSentences says that the canary was proved to take longer. */
export function latencyDifferenceSentences(difference: ProvedDifference): string {
  return withMode(`The canary is slower: ${figures(difference, '')}`, difference)
}

function figures({ bad, canary, stable, logAbort }: ProvedDifference, more: string): string {
  const of = (whose: string, counts: Counts) =>
    `${formatPercent(failureRate(counts) ?? 0)} of ${whose} ${formatCount(counts.total)} requests`
  return `${of("the canary's", canary)}, and ${of("stable's", stable)}, ${bad} (evidence ${ratioText(logAbort)}${more}).`
}

function withMode(seen: string, { mode }: ProvedDifference): string {
  return mode === 'observe' ? `${seen} It is only observed; with profile: enforce it rolls back.` : seen
}
