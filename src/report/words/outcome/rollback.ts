import type { Sight } from '../../../release/outcome/sight.ts'
import type { Promotion, ReleaseState } from '../../../release/state/state.ts'
import { commandLine, scaleCommand, shellWord, type TargetName } from '../../../release/text/command-line.ts'
import { lookAtRoutes, trafficMoved } from './ending-message.ts'
import { alreadyServesMessage } from './in-flight.ts'
import { sightText } from './sight.ts'

/** alreadyBackMessage says that a rollback found its version serving; `stray`: what routes send elsewhere all the same. */
export function alreadyBackMessage(target: TargetName, version: string, stray: readonly string[]): string {
  return stray.length === 0
    ? alreadyServesMessage(target, version)
    : `${version} already has all that a release moves: nothing was changed. ${stray.join(' ')}`
}

/** noPreviousVersionMessage says that there is no version to return to, or (`toVersion`) that it isn't known. */
export function noPreviousVersionMessage(
  target: TargetName,
  state: ReleaseState | null,
  toVersion: string | null,
): string {
  const known = (state?.history ?? []).map((entry) => entry.version).join(', ') || 'none'
  const none = toVersion === null ? 'No earlier version is known' : `Version ${toVersion} is not known here`
  const release = `${commandLine('rollout', target)} --version ${toVersion === null ? 'VERSION' : shellWord(toVersion)}`
  return `${none} (history: ${known}). Run "${release}" to release it instead.`
}

/** notReadyMessage says that a version has no pods that traffic could be sent to; `replicas` null: it has no Deployment either. */
export function notReadyMessage(
  { namespace }: TargetName,
  { version, workload }: Pick<Promotion, 'version' | 'workload'>,
  replicas: number | null,
): string {
  const how =
    replicas === null
      ? 'Deploy it again first.'
      : `Scale it up first: ${scaleCommand({ namespace, workload, replicas })}`
  return `${version} has no ready pod. ${how}`
}

/** oneDeploymentMessage says that a version ran in the Deployment that serves, before the one that it ran last. */
export function oneDeploymentMessage(target: TargetName, { version, workload }: Promotion): string {
  const again = `${commandLine('rollout', target)} --image IMAGE --prometheus-url URL`
  return `${version} ran in ${workload} earlier than the last version there, and its image is not known any more. Run "${again}" to release it.`
}

/** orAbortText says how to end a release whose canary gets traffic and has no pods. */
export function orAbortText(target: TargetName): string {
  return `; or run "${commandLine('abort', target)}" to put traffic back.`
}

/** returnedMessage says that traffic went back to an earlier version, and what was seen of users following. */
export function returnedMessage(
  target: TargetName,
  { version, left }: { version: string; left: string },
  { elsewhere, sight }: { elsewhere: readonly string[]; sight: Sight },
): string {
  if (sight.kind === 'not-resolved')
    return `${trafficMoved(target, version, { elsewhere, sight })} ${left} was left and stays deployed.`
  return `${trafficMoved(target, version, { elsewhere })} ${left} was left and stays deployed. ${sightText(sight)}`
}

/** notPutBackMessage says that a rollback on command failed; the command shows the routes. */
export function notPutBackMessage(error: string, inspectCommand: string): string {
  return `Traffic could not be put back: ${error} ${lookAtRoutes(inspectCommand)}`
}

/** notReachedMessage says that routes were written and users still reach another version, or nobody. */
export function notReachedMessage(version: string, stray: readonly string[], inspectCommand: string): string {
  return `Not everybody reaches ${version}: ${stray.join(' ')} ${lookAtRoutes(inspectCommand)}`
}
