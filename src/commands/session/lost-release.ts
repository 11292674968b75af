import { isFailure } from '../../release/failure.ts'
import type { SharedTraffic } from '../../release/outcome/identity-refusal.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { sidesOfName } from '../../release/state/takeover.ts'
import {
  backAlreadyMessage,
  type LostState,
  lostRefusalMessage,
  unreadableMessage,
} from '../../report/words/outcome/lost-release.ts'
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
  if (name === null) return null
  session.sides = sidesOfName(name, session.scope)
  return { name, unreadable }
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

/** lostStateOf says which state is lost, and why it can't be read. */
export function lostStateOf({ name, unreadable }: LostRelease): LostState {
  return { id: name.id, why: unreadable === null ? null : unreadable.failure.message }
}

/**
 * refuseLost is the refusal to go on with a release whose state is lost, or to begin one over what is left of it; null
 * where nothing of the kind stands in the way.
 */
export async function refuseLost(command: CommandSession, view: ClusterView): Promise<Outcome | null> {
  const { request } = command
  const lost = await findLost(command, view)
  if (lost !== null && (lost.unreadable !== null || hasCanaryTraffic(command, view, lost))) {
    return refusedOutcome(request, null, 'state-lost', lostRefusalMessage(request, lostStateOf(lost)))
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
  return backAlreadyMessage(lostStateOf(lost), (stable ?? canary).version)
}

/** unreadableText says what to do about an annotation that names no release in flight. */
export function unreadableText(
  { request, session }: CommandSession,
  { failure, home }: UnreadableState,
): string {
  return unreadableMessage(failure.message, session.routing.forgetCommand(home, request))
}

/** withTraffic gives what the routes send requests to. */
export function withTraffic({ routes }: ClusterView): SharedTraffic[] {
  return routes.serving.filter(({ share }) => share > 0)
}
