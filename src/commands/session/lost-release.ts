import { Failure } from '../../release/failure.ts'
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
import { hidesLost, identifyLost } from '../../rollout/lifecycle/lost-release.ts'
import type { FoundState, UnreadableState } from '../../rollout/session.ts'
import { toSide } from '../../rollout/session.ts'
import type { RouteTarget, VersionPair } from '../../routing/routing.ts'
import { refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from './cluster-view.ts'
import type { CommandSession } from './command-session.ts'

/** findLost looks for a release in flight whose state is gone, can't be read or was replaced; null: nothing names one. */
export function findLost({ session }: CommandSession, view: ClusterView): LostRelease | null {
  const parts = session.routing.notes(view.routing, session.scope).flatMap(({ part }) => part ?? [])
  const traces = { unreadable: view.unreadable, parts, lease: view.lease?.release ?? null }
  const lost =
    view.found === null ? lostBy(traces) : hiddenBy(session, view, { ...traces, found: view.found })
  if (lost !== null) session.sides = sidesOfName(lost.name, session.scope)
  return lost
}

interface Traces {
  unreadable: UnreadableState | null
  parts: readonly string[]
  lease: string | null
}

function lostBy(traces: Traces): LostRelease | null {
  const name = identifyLost(traces)
  return name === null ? null : { name, unreadable: traces.unreadable }
}

/** The state of a release that has ended can be an old copy, which somebody put in the place of another one's. */
function hiddenBy(
  session: CommandSession['session'],
  { routing }: ClusterView,
  { found, ...traces }: Traces & { found: FoundState },
): LostRelease | null {
  const name = hidesLost(
    found.state,
    traces,
    (each) => session.routing.canaryShare(routing, pairOfName(session.scope, each)).max,
  )
  if (name === null) return null
  const failure = new Failure('bad-answer', `It is the state of release ${found.state.id}, which has ended.`)
  const { home, text, state } = found
  return { name, unreadable: { text, home, failure, knows: state } }
}

/** lostPair gives the two sides of a lost release for the routes. */
export function lostPair({ session }: CommandSession, { name }: LostRelease): VersionPair {
  return pairOfName(session.scope, name)
}

function pairOfName(scope: RouteTarget, { stable, canary }: LostRelease['name']): VersionPair {
  return { ...scope, stable: toSide(stable ?? canary), canary: toSide(canary) }
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
export function refuseLost(command: CommandSession, view: ClusterView): Outcome | null {
  const { request } = command
  const lost = findLost(command, view)
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
