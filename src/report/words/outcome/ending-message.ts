import type { DecisionCause } from '../../../release/outcome/cause.ts'
import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { ReasonCode } from '../../../release/outcome/reasons.ts'
import type { Sight } from '../../../release/outcome/sight.ts'
import type { Settings } from '../../../release/settings.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { takeoverOf } from '../../../release/state/takeover.ts'
import {
  commandLine,
  rolloutStatusCommand,
  scaleCommand,
  type TargetName,
} from '../../../release/text/command-line.ts'
import { causeSentence } from '../events/cause.ts'
import { sightText } from './sight.ts'

/**
 * endingMessage says how a release has ended, or where it stands: which version serves, why, and what to run next.
 * `why` is empty or begins with a space.
 */
export function endingMessage(
  target: TargetName,
  state: ReleaseState,
  {
    result,
    reason,
    elsewhere = [],
    sight,
  }: {
    result: Outcome['result']
    reason: ReasonCode
    elsewhere?: readonly string[]
    sight?: Sight
  },
  why: string,
): string {
  const canary = state.canary.version
  const stable = state.stable?.version ?? 'no earlier version'
  const name = `${target.namespace}/${target.service}`
  if (takeoverOf(state) !== null && (result === 'in-progress' || result === 'paused'))
    return takeoverMessage(target, state, why)
  switch (result) {
    case 'promoted':
    case 'initialized':
      return `${servesText(target, state, { elsewhere, sight })}${why}${seenText(sight)}`
    case 'already-promoted':
      return `${canary} already serves all of ${name}.`
    case 'rolled-back': {
      const seen = seenText(sight)
      if (sight?.kind === 'not-resolved') return `The routes of ${name} name ${stable} again.${why}${seen}`
      return elsewhere.length === 0
        ? `All traffic of ${name} is back on ${stable}.${why}${seen}`
        : `What ${canary} had of ${name} is back on ${stable}, but that is not all traffic.${why} ${elsewhere.join(' ')}${seen}`
    }
    case 'paused':
      return `${canary} stands at ${state.weight}% of ${name}.${why} ${goOnOrBack(target)}`
    case 'in-progress':
      return `${canary} is at ${state.weight}% of ${name}.${why}`
    case 'refused':
    case 'ok':
      return why.trim()
    case 'unsafe':
      if (reason === 'not-reached')
        return `The routes give ${canary} all of ${name}, and not everybody reaches it.${why} Put that right, or run "${commandLine('rollback', target)}".`
      return reason === 'stable-unavailable'
        ? `${canary} stands at ${state.weight}% of ${name}.${why} ${scaleUpThenAbort(target, state)}`
        : `${canary} serves all of ${name} and there is no earlier version to return to.${why} Deploy a version that works, then release it.`
  }
}

/** What a promoted version serves, as far as it was looked at. */
function servesText(
  { namespace, service }: TargetName,
  { canary, stable, workload }: ReleaseState,
  { elsewhere, sight }: { elsewhere: readonly string[]; sight: Sight | undefined },
): string {
  const name = `${namespace}/${service}`
  const others = elsewhere.length === 0 ? '' : `, but that is not all traffic. ${elsewhere.join(' ')}`
  const all =
    sight?.kind === 'not-resolved'
      ? `The routes of ${name} name ${canary.version}`
      : `${canary.version} serves all ${others === '' ? '' : 'that a release moves '}of ${name}`
  if (stable === null) return others === '' ? `${all} as its first version.` : `${all}${others}`
  if (others !== '') return `${all}${others}`
  return workload?.inPlace === undefined
    ? `${all}; ${stable.version} stays deployed for a rollback.`
    : `${all} from ${canary.workload}, as ${stable.version} did before.`
}

function seenText(sight: Sight | undefined): string {
  return sight === undefined ? '' : ` ${sightText(sight)}`
}

/** Every step was passed: the canary keeps what the release can't hand back. */
function takeoverMessage(target: TargetName, state: ReleaseState, why: string): string {
  const { canary, stable, weight } = state
  const name = `${target.namespace}/${target.service}`
  const split = weight > 0 ? `, ${weight}% of it from ${canary.workload}` : ''
  const again = `${canary.workload} has not taken over yet.${why} ${state.unjudged === undefined ? 'Run the same release again' : `Run "${commandLine('rollback', target)}" again`} to go on.`
  const how = state.unjudged === undefined ? 'passed every step and has' : 'has'
  return `${canary.version} ${how} all of ${name}, from ${stable?.workload ?? 'its canary'}${split}; ${again}`
}

/**
 * trafficMoved says, as a sentence or several, that a version has the traffic; `elsewhere` is what routes send to
 * others all the same, as whole sentences; `sight` is what was seen of users following.
 */
export function trafficMoved(
  { namespace, service }: TargetName,
  version: string,
  { elsewhere = [], sight }: { elsewhere?: readonly string[]; sight?: Sight } = {},
): string {
  if (sight?.kind === 'not-resolved')
    return `The routes of ${namespace}/${service} name ${version}. ${sightText(sight)}`
  const moved =
    elsewhere.length === 0
      ? `All traffic of ${namespace}/${service} is on ${version}.`
      : `All that a release moves of ${namespace}/${service} is on ${version}, but not all traffic. ${elsewhere.join(' ')}`
  return sight === undefined ? moved : `${moved} ${sightText(sight)}`
}

/** goOnOrBack says what to run where a release is paused. */
export function goOnOrBack(target: TargetName): string {
  return `Run "${commandLine('resume', target)}" to go on, or "${commandLine('abort', target)}" to put traffic back.`
}

function scaleUpThenAbort(target: TargetName, { stable, stableReady }: ReleaseState): string {
  const place = { namespace: target.namespace, workload: stable?.workload ?? '' }
  const scale = scaleCommand({ ...place, replicas: stableReady })
  return `Run "${scale}" to bring ${stable?.version} back and "${rolloutStatusCommand(place)}" to wait for its pods, then "${commandLine('abort', target)}" to put traffic back.`
}

/** leftToPostMessage says what happens after a cancelled main step of the action. */
export function leftToPostMessage(
  target: TargetName,
  state: ReleaseState,
  onCancel: Settings['onCancel'],
): string {
  const pauses = onCancel === 'pause' && state.phase !== 'rolling-back'
  const then = pauses ? 'pauses the release there' : 'puts traffic back'
  return `Cancelled at ${state.weight}%. The post step ${then}; if it can't run, run "${commandLine('abort', target)}".`
}

/** leftInFlightMessage says what a cancelled run leaves under `on-cancel: ignore`. */
export function leftInFlightMessage(target: TargetName, state: ReleaseState): string {
  return `Cancelled at ${state.weight}%. The release stays in flight, and the next rollout goes on with it. ${goOnOrBack(target)}`
}

/** firstVersionKeptMessage says why a first version was not taken out. */
export function firstVersionKeptMessage(state: ReleaseState, cause: DecisionCause | null): string {
  return `The first version ${state.canary.version} keeps all traffic: there is nothing to return to. ${causeSentence(cause)}`.trim()
}

/** rollbackFailedMessage says that traffic is not where it should be, and what to run. */
export function rollbackFailedMessage(
  target: TargetName,
  state: ReleaseState,
  { error, cause }: { error: string; cause: DecisionCause | null },
): string {
  const why = [error, causeSentence(cause)].filter(Boolean).join(' ')
  return `Traffic was last asked to be ${state.weight}% on ${state.canary.version} and could not be put back: ${why} Run "${commandLine('abort', target)}".`
}

/** stateLostMessage says that a release lost its state while it was in flight. */
export function stateLostMessage(why: string, inspectCommand: string): string {
  return `${why} ${lookAtRoutes(inspectCommand)}`
}

/** lookAtRoutes says how to see what the cluster has; the command is the routing backend's own. */
export function lookAtRoutes(inspectCommand: string): string {
  return `Look at the routes with "${inspectCommand}".`
}
