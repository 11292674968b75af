import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { ReasonCode } from '../../../release/outcome/reasons.ts'
import { trafficMoved } from '../../../report/words/outcome/ending-message.ts'
import { noReleaseMessage } from '../../../report/words/outcome/in-flight.ts'
import {
  chooseVersionMessage,
  followedRoutesMessage,
  noRouteMessage,
  servedAlreadyMessage,
} from '../../../report/words/outcome/lost-release.ts'
import { adoptLost, namedByRoutes } from '../../../rollout/lifecycle/lost-release.ts'
import { heldState } from '../../../rollout/session.ts'
import { nothingToDo, outcomeOf, refusedOutcome } from '../../outcomes.ts'
import type { ClusterView } from '../../session/cluster-view.ts'
import type { CommandSession } from '../../session/command-session.ts'
import { unreadableText, withTraffic } from '../../session/lost-release.ts'
import { putBack, putBackUnderLease } from './put-back.ts'

/**
 * endUnknown says what there is to end where nothing names a release in flight: nothing, unless the routes divide the
 * traffic between versions. Then a person must say who shall have it.
 */
export function endUnknown(command: CommandSession, view: ClusterView): Outcome {
  const { request } = command
  const state = view.found?.state ?? null
  const serving = withTraffic(view)
  if (state === null && serving.length > 1) return refuseUnknown(command, view, 'target-not-ready')
  const none = noReleaseMessage(request, 'unchanged')
  const unreadable = state === null ? view.unreadable : null
  const message = unreadable === null ? none : `${none} ${unreadableText(command, unreadable)}`
  return nothingToDo(request, message, state)
}

/** refuseUnknown asks which version shall have the traffic. */
function refuseUnknown({ request }: CommandSession, view: ClusterView, reason: ReasonCode): Outcome {
  const why = view.unreadable?.failure.message ?? null
  return refusedOutcome(request, null, reason, chooseVersionMessage(request, withTraffic(view), why))
}

/**
 * returnByRoutes puts all traffic on the version that a rollback names, where no state can be read: by the routes alone.
 * null: the state can be read, or no version is named, or nothing shows that a release was here.
 */
export async function returnByRoutes(command: CommandSession, view: ClusterView): Promise<Outcome | null> {
  const { request, session } = command
  const { toVersion } = request
  const serving = withTraffic(view)
  const there =
    toVersion !== null && serving.length > 0 && serving.every(({ version }) => version === toVersion)
  if (view.found !== null || (view.unreadable === null && serving.length < 2 && !there)) return null
  if (toVersion === null) return refuseUnknown(command, view, 'state-lost')
  const why = view.unreadable?.failure.message ?? null
  if (there) return nothingToDo(request, servedAlreadyMessage(toVersion, why))
  const name = namedByRoutes(view.routes, request, toVersion)
  if (name === null || !view.routes.destinationOf(toVersion).exists) {
    return refusedOutcome(request, null, 'target-not-ready', noRouteMessage(toVersion, serving, why))
  }
  return putBackUnderLease(command, { force: false }, () => {
    adoptLost(session, { name, unreadable: view.unreadable }, view)
    return putBack(command, 'rolled-back-by-command', (seen) =>
      outcomeOf(request, heldState(session), {
        result: 'rolled-back',
        reason: 'rolled-back-by-command',
        message: followedRoutesMessage(why, trafficMoved(request, toVersion, seen)),
      }),
    )
  })
}
