import type { PodReason } from '../../../release/outcome/cause.ts'
import type { SharedTraffic } from '../../../release/outcome/identity-refusal.ts'
import type { ReleaseState, StepState } from '../../../release/state/state.ts'
import { inFlight } from '../../../release/state/state-codec.ts'
import { takeoverOf } from '../../../release/state/takeover.ts'
import { formatDuration } from '../../../release/text/duration.ts'
import { formatShare } from '../../../release/text/figures.ts'
import { podReasonsText } from '../events/cause.ts'

/** StatusFacts is what `status` shows beside its first line. */
interface StatusFacts {
  serving: readonly SharedTraffic[]
  /** Pods behind the Service by version; null: without the label. */
  pods: readonly { version: string | null; ready: number; pods: number; reasons: readonly PodReason[] }[]
  state: ReleaseState | null
  lease: { holder: string; renewTime: string } | null
  /** ms since the epoch. */
  now: number
}

/** statusMessage says which version serves, or where the release in flight stands. */
export function statusMessage(service: string, state: ReleaseState | null): string {
  if (!state) return `No release of ${service} is known here.`
  const { canary, stable, weight, phase, unjudged } = state
  if (takeoverOf(state) !== null) {
    const part = weight > 0 ? ` (${weight}% of it is back)` : ''
    const how = unjudged === undefined ? 'passed every step and has' : 'has'
    return `${canary.version} ${how} all of ${service}, from ${stable?.workload}; ${canary.workload} takes over${part}, ${phase}.`
  }
  switch (phase) {
    case 'promoted':
      return `${canary.version} serves all of ${service} (release ${state.id}).`
    case 'rolled-back':
      return `${stable?.version ?? '(none)'} serves all of ${service}; ${canary.version} was rolled back (${state.reason}).`
    case 'paused':
      return `${canary.version} is paused at ${weight}% of ${service} (${state.reason}).`
    default: {
      const before = state.preTraffic ? `, before any traffic (${state.preTraffic.kind})` : ''
      return `${canary.version} is at ${weight}% of ${service}, ${phase}${before}.`
    }
  }
}

/** statusLines shows routes, pods, release and holder, a line each. Names in them come from outside. */
export function statusLines({ serving, pods, state, lease, now }: StatusFacts): string[] {
  const shares = serving.map(
    ({ version, destination, share }) =>
      `${version ?? destination ?? 'any version'} ${formatShare(share * 100)}`,
  )
  const ready = pods.map((side) => {
    const why = side.reasons.length > 0 ? ` (${podReasonsText(side.reasons)})` : ''
    return `${side.version ?? '(no label)'} ${side.ready}/${side.pods} ready${why}`
  })
  return [
    line('routes', shares.join(', ') || 'none'),
    line('pods', ready.join(', ') || 'none'),
    ...(state ? releaseLines(state, now) : []),
    ...(lease && lease.holder !== '' ? [line('holder', `${lease.holder}, renewed ${lease.renewTime}`)] : []),
  ]
}

function releaseLines(state: ReleaseState, now: number): string[] {
  const { preTraffic, stepStates, history } = state
  const since = preTraffic && formatDuration(now - preTraffic.since)
  const timer = stepTimer(state, stepStates.at(-1))
  const past = history.map(({ version, rolledBack }) => `${version}${rolledBack ? ' (rolled back)' : ''}`)
  return [
    line('release', `${state.id}, began ${formatDuration(now - state.startedAt)} ago`),
    ...(preTraffic ? [line(preTraffic.kind, `for ${since}: its rules are in the routes`)] : []),
    ...stepStates.map((step) => line('step', `${step.weight}%: ${stepText(step, inFlight(state))}`)),
    ...(timer === null ? [] : [line('timer', formatDuration(Math.max(0, now - timer)))]),
    line('history', past.join(', ') || 'none'),
  ]
}

function stepText({ end, timerStart }: StepState, open: boolean): string {
  if (end) return `${end.verdict} (${end.reason})`
  if (!open) return 'ended without verdict'
  return timerStart ? 'observing' : 'settling'
}

/** When the timer of the step that is being observed started, in ms; null: none runs. */
function stepTimer(state: ReleaseState, step: StepState | undefined): number | null {
  return step && !step.end && inFlight(state) ? step.timerStart : null
}

function line(name: string, text: string): string {
  return `${name.padEnd(9)} ${text}`
}
