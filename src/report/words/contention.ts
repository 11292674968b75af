import type { Obstacle } from '../../release/record/obstacle.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { formatShare } from '../../release/text/figures.ts'

/** What is said of a release, or of a process, that stands in the way of a newer release. */

type Release = Extract<Obstacle, { kind: 'release' }>

/** What is in the way and who holds it, as a clause. */
function obstacleText(obstacle: Obstacle): string {
  if (obstacle.kind === 'process') return `${obstacle.holder} is working on this target`
  const { id, version, weight, holder } = obstacle
  return `Release ${id} of ${version} is in flight at ${formatShare(weight)} (held by ${holder})`
}

/** queuedText says that a release waits, for what, and how long at most. */
export function queuedText(at: { version: string; behind: Obstacle; left: number }): string {
  return `${obstacleText(at.behind)}. ${at.version} begins when that has ended; it waits ${formatDuration(at.left)} at most.`
}

/** queueTimeoutText says that what is in the way has not ended within `queue-timeout` (ms). */
export function queueTimeoutText(behind: Obstacle, timeout: number): string {
  return `${obstacleText(behind)}, still after queue-timeout (${formatDuration(timeout)}). Nothing was changed.`
}

/** supersedingText says that a release in flight is ended for `version`. */
export function supersedingText({ release, version }: { release: Release; version: string }): string {
  return `${obstacleText(release)}. It gives way to ${version}: all traffic goes to ${release.stable}.`
}

/** noWayBackText refuses to supersede a first version. */
export function noWayBackText({ id, version }: Release, service: string): string {
  return `${version} is the first version of ${service}, and its release ${id} is in flight: there is nothing to return to. Wait for its end.`
}

/** takingOverText refuses to supersede a release that every step has passed: nothing older is left to return to. */
export function takingOverText(release: Release): string {
  return `${obstacleText(release)}. Every step was passed, and its image is being handed over: run it to its end first.`
}

/** notNewerText refuses to supersede the release of a run that is newer than this one. */
export function notNewerText(release: Release): string {
  return `${obstacleText(release)}. This run is not newer than the one that began it: an older run supersedes nothing.`
}

/** noPodsText refuses to supersede a release whose stable version can't take its traffic. */
export function noPodsText(release: Release): string {
  const { stable } = release
  const why = `Stable ${stable} has no ready pod to return to: nothing was moved.`
  return `${goesOnText(release, why)} Scale ${stable} up first.`
}

/** goesOnText says that a release was left as it is; `why` is a sentence. */
export function goesOnText({ id }: Release, why: string): string {
  return `${why} Release ${id} goes on as it is.`
}

/** supersededThenRefused says that a release was ended for `version`, which could not begin then; `why` is a sentence. */
export function supersededThenRefused({ id, version, stable }: Release, newer: string, why: string): string {
  const reason = why.replace(/^Nothing was changed\. /, '')
  return `Release ${id} of ${version} was superseded: all traffic is on ${stable}. Then ${newer} could not begin: ${reason}`
}

/** supersededText says by whom a release was superseded, before what was done about its traffic. */
export function supersededText(by: string, moved: string): string {
  return `Superseded by ${by}. ${moved}`
}
