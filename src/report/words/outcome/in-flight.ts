import type { ReleaseState } from '../../../release/state/state.ts'
import { commandLine, type TargetName } from '../../../release/text/command-line.ts'
import { goOnOrBack } from './ending-message.ts'

/** noReleaseMessage says that nothing is in flight, and what follows from it. */
export function noReleaseMessage(
  target: TargetName,
  then: 'unchanged' | 'no-pause' | 'no-promote' | 'no-resume',
): string {
  const none = `No release of ${target.namespace}/${target.service} is in flight`
  switch (then) {
    case 'unchanged':
      return `${none}: nothing was changed.`
    case 'no-pause':
      return `${none}: there is nothing to pause.`
    case 'no-promote':
      return `${none}: there is nothing to promote.`
    case 'no-resume':
      return `${none}: there is nothing to resume. Run "${commandLine('rollout', target)} --version VERSION" to start one.`
  }
}

/** nothingLeftBehindMessage says that `reconcile` found no release without a holder. */
export function nothingLeftBehindMessage({ namespace, service }: TargetName): string {
  return `No release of ${namespace}/${service} was left behind.`
}

/** inTheWayMessage adds to a refusal how to end the release in flight that stands in the way. */
export function inTheWayMessage(refusal: string, target: TargetName): string {
  return `${refusal} Run "${commandLine('abort', target)}" to end it.`
}

/** olderReleaseMessage refuses to go on with a release that an older version of the program began. */
export function olderReleaseMessage({ id, begunUnder }: ReleaseState): string {
  return `Release ${id} was begun by an older version of shiftgate (state schema ${begunUnder}), which judged by other rules. It can only be aborted or rolled back.`
}

/** otherGatesMessage refuses to go on with a release under other steps or gates. */
export function otherGatesMessage({ id }: ReleaseState): string {
  return `Release ${id} began with other steps or gates. Evidence must not be judged by rules chosen after it: run with the configuration it began with, or end it.`
}

/** pausedByCommandMessage says that only a command lets a release go on that a command paused. */
export function pausedByCommandMessage(target: TargetName, { id, weight }: ReleaseState): string {
  return `Release ${id} was paused at ${weight}% on request. ${goOnOrBack(target)}`
}

/** pausedMessage says where a release is held. */
export function pausedMessage(target: TargetName, { canary, weight }: ReleaseState): string {
  return `${canary.version} stands at ${weight}% of ${target.namespace}/${target.service}. ${goOnOrBack(target)}`
}

/** servesAllMessage says which version has all traffic. */
export function servesAllMessage({ namespace, service }: TargetName, version: string): string {
  return `${version} serves all of ${namespace}/${service}.`
}

/** alreadyServesMessage says it where that was so before. */
export function alreadyServesMessage({ namespace, service }: TargetName, version: string): string {
  return `${version} already serves all of ${namespace}/${service}: nothing was changed.`
}

/** endedMeanwhileMessage says that a release ended before this process could take it over. */
export function endedMeanwhileMessage({ id }: ReleaseState): string {
  return `Release ${id} has ended meanwhile.`
}

/** endedBeforeCommandMessage says that a release ended before a command for it was read. */
export function endedBeforeCommandMessage({ id, stable, canary }: ReleaseState): string {
  return `Release ${id} ended before the command was read: traffic is on ${stable?.version ?? canary.version}.`
}

/** endedBeforeAbortMessage says that a release was promoted before it could be aborted. */
export function endedBeforeAbortMessage({ id, canary }: ReleaseState): string {
  return `Release ${id} had ended before it could be aborted: ${canary.version} serves.`
}

/** firstVersionMessage refuses to take the first version out of service. */
export function firstVersionMessage(service: string, { canary }: ReleaseState): string {
  return `${canary.version} is the first version of ${service}: there is nothing to return to.`
}
