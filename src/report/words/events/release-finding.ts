import type { Finding } from '../../../release/record/record.ts'
import type { ReleaseFinding } from '../../../release/record/release-finding.ts'
import { scaleCommand } from '../../../release/text/command-line.ts'
import { formatDuration } from '../../../release/text/duration.ts'
import { formatCount, formatPercent, formatShare } from '../../../release/text/figures.ts'

/** wordedFinding gives a finding about a release's settings its sentence, and what to do about it. */
export function wordedFinding(finding: ReleaseFinding): Finding {
  const { id, level } = finding
  return { id, level, ...wordsOf(finding) }
}

function wordsOf(finding: ReleaseFinding): Pick<Finding, 'text' | 'remedy'> {
  switch (finding.id) {
    case 'capacity': {
      const { weight, needed, stableReady, namespace, workload, replicas, enough, waits } = finding.details
      const then =
        waits === null
          ? 'that step begins without them'
          : `that step waits for them, up to capacity-timeout (${formatDuration(waits)})`
      return {
        text: `The step at ${formatShare(weight)} needs ${needed} ready canary pods, for ${stableReady} of stable are ready; ${workload} asks for ${replicas}: ${then}.`,
        remedy: `Scale it up: ${scaleCommand({ namespace, workload, replicas: enough })}`,
      }
    }
    case 'power': {
      const { weight, rate, times, stepTimeout, seconds } = finding.details
      const needs =
        seconds === null ? 'no step-timeout would do' : `it takes about ${formatDuration(seconds * 1000)}`
      return {
        text: `At ${weight}% and ${Number(rate.toPrecision(2))} requests/s a canary that fails ${times === 'twice' ? 'twice' : 'ten times'} as often as stable is not caught within step-timeout (${formatDuration(stepTimeout)}): ${needs}.`,
        remedy: powerRemedy(finding.details),
      }
    }
    case 'error-limit': {
      const { rate, requests, limit } = finding.details
      return {
        text: `Stable failed ${formatPercent(rate)} of ${formatCount(requests)} requests before the release, over max-error-rate (${formatPercent(limit)}): a canary like it could not pass a step.`,
        remedy: 'Raise max-error-rate, or leave it out: the canary is compared with stable in any case.',
      }
    }
    case 'jumps': {
      const { variation, alpha } = finding.details
      return {
        text: `Before the release stable's share of failed requests jumped by about ${formatPercent(variation)} of itself from poll to poll, all its pods together. Where the canary's jumps along, the comparison takes that out. Where each version jumps by itself, more good releases are rolled back than alpha (${formatPercent(alpha)}) promises: ${rolledBack}.`,
        remedy:
          'Find what makes stable fail in jumps, or release when it does not. Jumps that are shorter than a longer interval average out.',
      }
    }
    case 'gates':
      return { text: `Gate ${finding.details.gate}: ${finding.details.text}.`, remedy: null }
  }
}

/** As docs/benchmarks/verdict.md has it, "each side by itself". */
const rolledBack =
  '3 to 12% in the benchmark where each version jumps by 100%, up to 27% at 10,000 requests/s'

/** The time to catch a canary falls as its traffic rises. */
function powerRemedy({
  rate,
  stepTimeout,
  seconds,
}: {
  rate: number
  stepTimeout: number
  seconds: number | null
}): string {
  if (seconds === null) return 'Begin with a larger step, or release when there is more traffic.'
  const time = formatDuration(Math.ceil(seconds / 60) * 60_000)
  const traffic = Number(((rate * seconds * 1000) / stepTimeout).toPrecision(2))
  return `Raise step-timeout to ${time}, begin with a larger step, or release at ${traffic} requests/s, as a load generator outside can add them.`
}
