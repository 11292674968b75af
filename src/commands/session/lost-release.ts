import { isFailure } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { commandLine } from '../../release/text/command-line.ts'
import { formatShare } from '../../release/text/figures.ts'
import type { LostRelease } from '../../rollout/lifecycle/lost-release.ts'
import { identifyLost } from '../../rollout/lifecycle/lost-release.ts'
import { readTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import type { UnreadableState } from '../../rollout/session.ts'
import { toSide } from '../../rollout/session.ts'
import type { VersionPair } from '../../routing/routing.ts'
import { refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from './cluster-view.ts'
import type { CommandSession } from './command-session.ts'

/** findLost looks for a release in flight whose state is gone or can't be read; null: nothing names one. */
export async function findLost(
  { session, context }: CommandSession,
  { found, unreadable, routing }: ClusterView,
): Promise<LostRelease | null> {
  if (found !== null) return null
  const lease = await readTargetLease(session, context.signal).catch((error) => {
    // Who may only look at routes and pods may plan all the same; whoever writes needs the Lease anyway.
    if (isFailure(error, 'forbidden')) return null
    throw error
  })
  const parts = session.routing.notes(routing, session.scope).flatMap(({ part }) => part ?? [])
  const name = identifyLost({ unreadable, parts, lease: lease?.release ?? null })
  return name === null ? null : { name, unreadable }
}

/** lostPair gives the two sides of a lost release for the routes. */
export function lostPair({ session }: CommandSession, { name }: LostRelease): VersionPair {
  const canary = toSide(name.canary)
  return { ...session.scope, stable: name.stable === null ? canary : toSide(name.stable), canary }
}

/** hasCanaryTraffic tells whether the routes give the canary of a lost release anything, or there is no route at all. */
export function hasCanaryTraffic(command: CommandSession, view: ClusterView, lost: LostRelease): boolean {
  const { max } = command.session.routing.canaryShare(view.routing, lostPair(command, lost))
  return view.routes.objects.length === 0 || max > 0
}

/** lostSentence says that the state of a release is lost, and how. */
export function lostSentence({ name, unreadable }: LostRelease): string {
  return unreadable === null
    ? `The state of release ${name.id} is gone from the routes.`
    : `The state of release ${name.id} can't be used. ${unreadable.failure.message}`
}

/**
 * refuseLost is the refusal to go on with a release whose state is lost, or to begin one over what is left of it; null
 * where nothing of the kind stands in the way.
 */
export async function refuseLost(command: CommandSession, view: ClusterView): Promise<Outcome | null> {
  const { request } = command
  const lost = await findLost(command, view)
  if (lost !== null && (lost.unreadable !== null || hasCanaryTraffic(command, view, lost))) {
    const text = `${lostSentence(lost)} Nothing goes on without it. Run "${commandLine('abort', request)}" to put traffic back by the routes.`
    return refusedOutcome(request, null, 'state-lost', text)
  }
  return view.unreadable === null ? null : refuseUnreadable(command, view.unreadable)
}

/** refuseUnreadable is the refusal where an annotation can't be read, and nothing names a release in flight. */
export function refuseUnreadable(command: CommandSession, unreadable: UnreadableState): Outcome {
  return refusedOutcome(command.request, null, 'state-lost', unreadableText(command, unreadable))
}

/** backAlreadyText says that the traffic of a lost release is where it belongs. */
export function backAlreadyText(lost: LostRelease): string {
  const { stable, canary } = lost.name
  return `${lostSentence(lost)} All traffic is on ${(stable ?? canary).version} already: nothing was changed.`
}

/** unreadableText says what to do about an annotation that names no release in flight. */
export function unreadableText(
  { request, session }: CommandSession,
  { failure, home }: UnreadableState,
): string {
  const forget = session.routing.forgetCommand(home, request)
  return `${failure.message} Nothing else names a release in flight. Use the version of shiftgate that wrote it, or look where traffic is and run "${forget}".`
}

/** dividedText says how the routes divide the traffic; null where one version has all of it. */
export function dividedText({ routes }: ClusterView): string | null {
  const serving = routes.serving.filter(({ share }) => share > 0)
  if (serving.length < 2) return null
  return serving
    .map(
      ({ version, destination, share }) =>
        `${version ?? destination ?? 'any version'} ${formatShare(share * 100)}`,
    )
    .join(', ')
}
