import type { SharedTraffic } from '../../../release/outcome/identity-refusal.ts'
import { commandLine, shellWord, type TargetName } from '../../../release/text/command-line.ts'
import { formatShare } from '../../../release/text/figures.ts'

/** LostState is a release whose state is gone, or (`why`) can't be used. */
export interface LostState {
  id: string
  why: string | null
}

/** lostSentence says that the state of a release is lost, and how. */
export function lostSentence({ id, why }: LostState): string {
  return why === null
    ? `The state of release ${id} is gone from the routes.`
    : `The state of release ${id} can't be used. ${why}`
}

/** lostRefusalMessage refuses to go on without the state, and says how to end the release. */
export function lostRefusalMessage(target: TargetName, lost: LostState): string {
  return `${lostSentence(lost)} Nothing goes on without it. Run "${commandLine('abort', target)}" to put traffic back by the routes.`
}

/** backAlreadyMessage says that the traffic of a lost release is on `version`, where it belongs. */
export function backAlreadyMessage(lost: LostState, version: string): string {
  return `${lostSentence(lost)} All traffic is on ${version} already: nothing was changed.`
}

/** followedRoutesMessage says that a release without its state was ended by the routes; `then`: where traffic is. */
export function followedRoutesMessage(why: string | null, then: string): string {
  return `${why ?? noneKnown} The routes were followed instead. ${then}`
}

/** unreadableMessage says what to do about an annotation that names no release in flight. */
export function unreadableMessage(why: string, forgetCommand: string): string {
  return `${why} Nothing else names a release in flight. Use the version of shiftgate that wrote it, or look where traffic is and run "${forgetCommand}".`
}

const noneKnown = 'No release is known here.'

/** chooseVersionMessage asks which version shall have the traffic, with a command for each. `serving`: what has some. */
export function chooseVersionMessage(
  target: TargetName,
  serving: readonly SharedTraffic[],
  why: string | null,
): string {
  const before = why === null ? '' : `${why} `
  const [only, ...others] = serving
  const where =
    only === undefined || others.length > 0
      ? `divide the traffic: ${serving.map(shareText).join(', ') || 'nobody has any'}`
      : `send all of it to ${versionName(only)}`
  const versions = serving.flatMap(({ version }) => version ?? [])
  const choices = versions.map(
    (version) => `"${returnCommand(target, version)}" to put all of it on ${version}`,
  )
  const placeholder = `"${returnCommand(target, 'VERSION')}" with the version that shall have all of it`
  return `${before}No release is known, and the routes ${where}. Run ${choices.join(', or ') || placeholder}.`
}

function returnCommand(target: TargetName, version: string): string {
  return `${commandLine('rollback', target)} --to-version ${shellWord(version)}`
}

/** servedAlreadyMessage says that the version which a rollback names has all traffic. */
export function servedAlreadyMessage(version: string, why: string | null): string {
  return `${why ?? noneKnown} ${version} has all traffic by the routes already: nothing was changed.`
}

/** noRouteMessage says that the routes don't tell how to give a version all traffic. */
export function noRouteMessage(
  version: string,
  serving: readonly SharedTraffic[],
  why: string | null,
): string {
  return `${why ?? noneKnown} The routes don't tell how to give ${version} everything: they send traffic to ${serving.map(versionName).join(', ')}.`
}

function shareText(entry: SharedTraffic): string {
  return `${versionName(entry)} ${formatShare(entry.share * 100)}`
}

function versionName({ version, destination }: SharedTraffic): string {
  return version ?? destination ?? 'any version'
}
