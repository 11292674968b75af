import type { Warning } from '../../../release/record/warning.ts'
import { scaleCommand, shellWord } from '../../../release/text/command-line.ts'
import { formatDuration } from '../../../release/text/duration.ts'
import { formatCount, formatPercent, formatShare, plural } from '../../../release/text/figures.ts'
import { answerDifferenceSentences, latencyDifferenceSentences } from './answer-difference.ts'
import { causeText, podReasonsText, shareDriftText } from './cause.ts'

/** warningText says what a reader of a release should know although it goes on. */
export function warningText(warning: Warning): string {
  switch (warning.code) {
    case 'capacity':
      return `${causeText(warning.details.cause)}. It goes on all the same.`
    case 'cluster-unreachable':
    case 'state-lost':
    case 'recovery':
    case 'comment':
      return warning.details.error
    case 'retry':
      return `${warning.details.error} Trying again.`
    case 'read-again':
      return `${warning.details.from === 'metrics' ? 'Prometheus' : 'The cluster'} gave no usable answer: it is asked again for up to ${formatDuration(warning.details.within)}.`
    case 'metrics-outage':
      return `${ended(warning.details.error)} Traffic stays where it is; without counts nothing passes.`
    case 'metrics-back':
      return 'Prometheus answers again.'
    case 'gate':
      return gateWords(warning.details)
    case 'profile':
      return answerDifferenceSentences(warning.details)
    case 'latency':
      return latencyDifferenceSentences(warning.details)
    case 'streams':
      return streamsText(warning.details)
    case 'drift-restored': {
      const { drift } = warning.details
      return `${shareDriftText(drift)}. ${drift.weight}% was put back.`
    }
    case 'drift-adopted':
      return `${shareDriftText(warning.details.drift)}. The release goes on from ${warning.details.weight}%.`
    case 'read-back':
      return 'The routes still name the canary: putting back again.'
    case 'stable-short':
      return stableShortText(warning.details)
    case 'stable-shrank':
      return stableShrankText(warning.details)
    case 'canary-kept': {
      const { namespace, workload, error } = warning.details
      return `All traffic is back, and the canary's Deployment ${workload} could not be removed: ${error} Remove it by hand: kubectl -n ${shellWord(namespace)} delete deployment ${shellWord(workload)}`
    }
    case 'minimum-kept':
      return minimumKeptText(warning.details)
    case 'track-kept':
      return trackKeptText(warning.details)
    case 'destination-kept': {
      const { destination, error } = warning.details
      return `The destination ${destination} of an earlier release could not be removed: ${error}`
    }
    case 'workload-kept': {
      const { workload, error } = warning.details
      return `${workload ?? 'What earlier releases made'} could not be removed: ${error}`
    }
    case 'watchdog': {
      const { stopped, error } = warning.details
      return stopped ? `The watchdog could not be taken away: ${error} It ends by itself.` : error
    }
    case 'routing':
      return warning.details.text
    case 'record':
      return `The record can't be written; the release goes on without it: ${warning.details.error}`
    case 'report':
      return `The report can't be written: ${warning.details.error}`
    case 'no-pull-request':
      return 'No pull request was found for this commit: nothing is commented.'
    case 'comment-late':
      return `GitHub gave no answer within ${warning.details.seconds} s: the comment doesn't show the end.`
  }
}

/** warningCode names a warning for scripts: where a call is made again, or a routing backend warns, by their own codes. */
export function warningCode(warning: Warning): string {
  if (warning.code === 'retry' || warning.code === 'read-again') return warning.details.failure
  if (warning.code === 'routing') return warning.details.problem
  return warning.code === 'no-pull-request' || warning.code === 'comment-late' ? 'comment' : warning.code
}

type DetailsOf<Code extends Warning['code']> = Extract<Warning, { code: Code }>['details']

function stableShortText({ version, carried, weight, scale }: DetailsOf<'stable-short'>): string {
  const share = Math.floor(carried * 100)
  return `Stable ${version} has pods for ${share}% of the traffic: the canary keeps ${weight}% until more are ready. Scale it up: ${scaleCommand(scale)}`
}

function minimumKeptText({ namespace, autoscaler, before, error }: DetailsOf<'minimum-kept'>): string {
  const patch = JSON.stringify({ spec: { minReplicas: before } })
  return `The minimum of the autoscaler ${autoscaler} was raised for the release and could not be given back: ${error} Set it by hand: kubectl -n ${shellWord(namespace)} patch hpa ${shellWord(autoscaler)} -p ${shellWord(patch)}`
}

function stableShrankText({ version, ready, atStart, reasons, scale }: DetailsOf<'stable-shrank'>): string {
  const why = reasons.length > 0 ? ` (${podReasonsText(reasons)})` : ''
  return `Stable ${version} has ${ready} ready pods, ${atStart} when the release began${why}: a rollback returns to those that are left. Scale it up again: ${scaleCommand(scale)}`
}

function ended(sentence: string): string {
  return sentence.replace(/\.?$/, '.')
}

type Streams = Extract<Warning, { code: 'streams' }>['details']

function streamsText({ requests, canary, total, weight, seconds }: Streams): string {
  const ended = requests === 0 ? 'No request' : `No more than ${plural(requests, 'request')}`
  const share = `${formatCount(canary)} of ${formatCount(total)} gRPC messages of the last ${formatDuration(seconds * 1000)} (${formatPercent(canary / total)}, asked for is ${formatShare(weight)})`
  return `${ended} of the canary ${requests > 1 ? 'have' : 'has'} ended in this step, and ${share} went to it: streams are counted when they end. Messages carry no code: they prove the share and that streams live, never that they are well.`
}

function gateWords({ gate, mode, error }: Extract<Warning, { code: 'gate' }>['details']): string {
  const until = mode === 'enforce' ? 'it lets nothing pass' : 'nothing new is known of it; it only observes'
  return `Gate ${gate} can't be asked: ${ended(error)} Until it can, ${until}.`
}

function trackKeptText({ namespace, workload, replicas, error }: DetailsOf<'track-kept'>): string {
  const scale = scaleCommand({ namespace, workload, replicas })
  return `All traffic has left ${workload}, and it could not be given back what it had: ${error} Scale it by hand: ${scale}`
}
