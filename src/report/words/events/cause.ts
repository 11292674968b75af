import type { DecisionCause, PodReason, ShareDrift, StableShortage } from '../../../release/outcome/cause.ts'
import { reasonOf } from '../../../release/outcome/reasons.ts'
import { formatPercent } from '../../../release/text/figures.ts'

/** causeText says what led to a decision, as a clause or sentences; without a full stop where it is a clause. */
export function causeText(cause: DecisionCause): string {
  switch (cause.kind) {
    case 'command':
      return `${commandDone[cause.command]} by ${cause.by}`
    case 'pods-lost':
      return podsLostText(cause)
    case 'step-capacity':
      return `${cause.weight}% needs ${podsText(cause)}`
    case 'promotion-capacity':
      return `promotion asked for by ${cause.by} needs ${podsText(cause)}`
    case 'requests-lost':
      return `${cause.lost} of ${cause.total} requests to the host reached no pod since the canary has traffic: a route leads nowhere`
    case 'share-exceeded': {
      const share = formatPercent(cause.canary / cause.total)
      return `the canary got ${share} of ${cause.total} requests, ${cause.weight}% was asked for: somebody reaches its pods past the route`
    }
    case 'drift': {
      const done =
        cause.restored === null
          ? 'Nothing was overwritten'
          : `They were put back ${cause.restored} times already`
      return `${shareDriftText(cause.drift)}. ${done}; put the routes right before the release goes on`
    }
    case 'no-counts':
      return `no counts at 100%${cause.sentence === null ? '' : ` (${cause.sentence.replace(/\.$/, '')})`}: nothing proves it good or bad`
    case 'no-requests':
      return 'not one request was counted at 100%: nothing proves it good or bad'
    case 'unfinished-roll-back':
      return 'finishing what began'
    case 'next-turn':
      return `at ${cause.weight}%, the next turn goes on`
    case 'stable-shortage':
      return stableShortageText(cause)
    case 'superseded':
      return `release ${cause.release} of ${cause.version} (held by ${cause.holder}) took its place`
    case 'abandoned':
      return `It had been left by ${cause.holder}.`
    case 'gate-failure':
      return `Gate ${cause.gate}: ${cause.sentence}`
    case 'failure':
      return cause.sentence
    case 'takeover':
      return cause.cause === null ? reasonOf(cause.reason).words : causeText(cause.cause)
  }
}

/** causeSentence says it as sentences; empty where there is nothing to say. */
export function causeSentence(cause: DecisionCause | null): string {
  const text = cause === null ? '' : causeText(cause)
  if (text === '') return ''
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}

/** shareDriftText says who changed the canary's share from what to what, as a clause. */
export function shareDriftText({ routed, weight, changedBy }: ShareDrift): string {
  const [least, most] = [formatPercent(routed.min), formatPercent(routed.max)]
  const share = least === most ? most : `${least} to ${most}`
  const who = changedBy === null ? '' : ` (${changedBy})`
  return `somebody changed the routes: they give the canary ${share}, the release had set ${weight}%${who}`
}

/** shortageSentence says what stable's missing pods leave with the canary. */
export function shortageSentence({ stable, canary, weight, moved }: StableShortage): string {
  return moved
    ? `Stable ${stable} has too few ready pods for all of it: ${canary} keeps ${weight}%.`
    : `Stable ${stable} has no ready pod to return to: nothing was moved.`
}

const commandDone: Record<Extract<DecisionCause, { kind: 'command' }>['command'], string> = {
  abort: 'aborted',
  pause: 'paused',
  promote: 'promoted',
  supersede: 'superseded',
}

/** podReasonsText says why pods aren't ready, with how many of them. */
export function podReasonsText(reasons: readonly PodReason[]): string {
  return reasons.map(({ reason, count }) => `${count} × ${reason ?? 'started, not ready yet'}`).join('; ')
}

type Pods = Extract<DecisionCause, { kind: 'step-capacity' | 'promotion-capacity' }>

function podsText({ needed, ready, reasons }: Pick<Pods, 'needed' | 'ready' | 'reasons'>): string {
  return `${needed} ready canary pods, ${ready} are${reasons.length > 0 ? `: ${podReasonsText(reasons)}` : ''}`
}

function podsLostText({
  needed,
  ready,
  reasons,
  lowSeconds,
}: Extract<DecisionCause, { kind: 'pods-lost' }>): string {
  const why = reasons.length > 0 ? ` (${podReasonsText(reasons)})` : ''
  return lowSeconds === null
    ? `no canary pod is ready${why}`
    : `only ${ready} of ${needed} canary pods have been ready for ${lowSeconds} s${why}`
}

/** What was lost comes first where nothing but that led to it; a decision's reason comes after. */
function stableShortageText({
  shortage,
  reason,
  cause,
}: Extract<DecisionCause, { kind: 'stable-shortage' }>): string {
  const short = shortageSentence(shortage)
  if (reason === null) return [cause === null ? '' : causeText(cause), short].filter(Boolean).join(' ')
  const why = cause === null ? reason : `${reason}: ${causeText(cause)}`
  return `${short} It was to be rolled back for ${why}`
}
