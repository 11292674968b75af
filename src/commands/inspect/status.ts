import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { oneLine } from '../../release/text/plain-text.ts'
import { readinessOf } from '../../rollout/decision/capacity.ts'
import { readTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import type { LeaseView } from '../../rollout/ports.ts'
import { currentStep } from '../../rollout/state/transitions.ts'
import { defineCommand } from '../command.ts'
import { outcomeOf } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { refuseLost } from '../session/lost-release.ts'

/** statusCommand shows what is in flight, at which weight, and why. It writes nothing. */
export const statusCommand = defineCommand('status', async (command) => {
  const { request, context, session, adapters } = command
  const view = await readCluster(command, context.signal)
  const lease = await readTargetLease(session, context.signal)
  const state = view.found?.state ?? null
  const lost = await lostHeadline(command, view)
  const outcome = outcomeOf(request, state, {
    result: inFlight(state) ? (state.phase === 'paused' ? 'paused' : 'in-progress') : 'ok',
    reason: 'inspected',
    message: lost ?? headlineOf(request.service, state),
  })
  return {
    ...outcome,
    details: linesOf(view, state, lease, adapters.clock.now())
      .map((line) => oneLine(line, 1000))
      .join('\n'),
  }
})

/** What stands in the way of anything that goes on, with the way out; null where nothing does. */
async function lostHeadline(command: CommandSession, view: ClusterView): Promise<string | null> {
  const refusal = await refuseLost(command, view)
  return refusal === null ? null : refusal.message
}

function headlineOf(service: string, state: ReleaseState | null): string {
  if (!state) return `No release of ${service} is known here.`
  const { canary, stable, weight, phase } = state
  switch (phase) {
    case 'promoted':
      return `${canary.version} serves all of ${service} (release ${state.id}).`
    case 'rolled-back':
      return `${stable?.version ?? '(none)'} serves all of ${service}; ${canary.version} was rolled back (${state.reason}).`
    case 'paused':
      return `${canary.version} is paused at ${weight}% of ${service} (${state.reason}).`
    default: {
      const trial = state.preTraffic ? `, in a ${state.preTraffic.kind} trial` : ''
      return `${canary.version} is at ${weight}% of ${service}, ${phase}${trial}.`
    }
  }
}

function linesOf(
  view: ClusterView,
  state: ReleaseState | null,
  lease: LeaseView | null,
  now: number,
): string[] {
  const shares = view.routes.serving.map(
    (entry) =>
      `${entry.version ?? entry.destination ?? 'any version'} ${Math.round(entry.share * 1000) / 10}%`,
  )
  const versions = [...new Set(view.workloads.workloads.map((workload) => workload.version ?? '(no label)'))]
  const pods = versions.map((version) => {
    const readiness = readinessOf(view.workloads, version)
    const why = readiness.reasons.length > 0 ? ` (${readiness.reasons.join('; ')})` : ''
    return `${version} ${readiness.ready}/${readiness.pods} ready${why}`
  })
  return [
    `routes    ${shares.join(', ') || 'none'}`,
    `pods      ${pods.join(', ') || 'none'}`,
    ...(state ? releaseLines(state, now) : []),
    ...(lease && lease.holder !== '' ? [`holder    ${lease.holder}, renewed ${lease.renewTime}`] : []),
  ]
}

function releaseLines(state: ReleaseState, now: number): string[] {
  const entry = currentStep(state)
  const steps = state.stepStates.map((step) => {
    const open = inFlight(state) ? (step.timerStart ? 'observing' : 'settling') : 'ended without a verdict'
    const end = step.end ? `${step.end.verdict} (${step.end.reason})` : open
    return `step      ${step.weight}%: ${end}`
  })
  return [
    `release   ${state.id}, began ${formatDuration(now - state.startedAt)} ago`,
    ...(state.preTraffic
      ? [
          `trial     ${state.preTraffic.kind}, for ${formatDuration(now - state.preTraffic.since)}: its rules are in the routes`,
        ]
      : []),
    ...steps,
    ...(entry?.timerStart && !entry.end && inFlight(state)
      ? [`clock     ${formatDuration(Math.max(0, now - entry.timerStart))}`]
      : []),
    `history   ${state.history.map((past) => `${past.version}${past.rolledBack ? ' (left)' : ''}`).join(', ') || 'none'}`,
  ]
}
