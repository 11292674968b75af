import type { Outcome } from '../../release/outcome/outcome.ts'
import { commandLine, shellWord } from '../../release/text/command-line.ts'
import { trafficMoved } from '../../report/words/outcome/ending-message.ts'
import { adoptLost, namedByRoutes } from '../../rollout/lifecycle/lost-release.ts'
import { heldState } from '../../rollout/session.ts'
import { nothingToDo, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { dividedText, unreadableText } from '../session/lost-release.ts'
import { putBack, putBackUnderLease } from './put-back.ts'

/**
 * endUnknown says what there is to end where nothing names a release in flight: nothing, unless the routes divide the
 * traffic between versions. Then a person must say who shall have it.
 */
export function endUnknown(command: CommandSession, view: ClusterView): Outcome {
  const { request } = command
  const state = view.found?.state ?? null
  const none = `No release of ${request.namespace}/${request.service} is in flight: nothing was changed.`
  if (state !== null) return nothingToDo(request, none, state)
  const divided = dividedText(view)
  if (divided === null)
    return nothingToDo(
      request,
      view.unreadable === null ? none : `${none} ${unreadableText(command, view.unreadable)}`,
    )
  return refusedOutcome(request, null, 'target-not-ready', chooseText(command, view, divided))
}

/** chooseText asks who shall have the traffic, with a command for every version that has some. */
function chooseText(
  { request }: CommandSession,
  { routes, unreadable }: ClusterView,
  divided: string,
): string {
  const why = unreadable === null ? '' : `${unreadable.failure.message} `
  const choices = routes.serving.flatMap(({ version, share }) =>
    version === null || share <= 0 ? [] : [`"${returnTo(request, version)}" to put all of it on ${version}`],
  )
  return `${why}No release is known, and the routes divide the traffic: ${divided}. Run ${choices.join(', or ')}.`
}

function returnTo(request: CommandSession['request'], version: string): string {
  return `${commandLine('rollback', request)} --to-version ${shellWord(version)}`
}

/**
 * returnByRoutes puts all traffic on the version that a rollback names, where no state can be read: by the routes alone.
 * null: the state can be read, or no version is named, or nothing shows that a release was here.
 */
export async function returnByRoutes(command: CommandSession, view: ClusterView): Promise<Outcome | null> {
  const { request, session } = command
  const { toVersion } = request
  const all = view.routes.serving.filter(({ share }) => share > 0)
  const there = toVersion !== null && all.length > 0 && all.every(({ version }) => version === toVersion)
  if (view.found !== null || (view.unreadable === null && dividedText(view) === null && !there)) return null
  if (toVersion === null) {
    const known =
      dividedText(view) ?? view.routes.serving.map(({ version }) => version ?? 'any version').join(', ')
    return refusedOutcome(request, null, 'state-lost', chooseText(command, view, known))
  }
  const why = view.unreadable === null ? 'No release is known here.' : view.unreadable.failure.message
  if (there) {
    return nothingToDo(
      request,
      `${why} ${toVersion} has all traffic by the routes already: nothing was changed.`,
    )
  }
  const name = namedByRoutes(view.routes, request, toVersion)
  if (name === null || !view.routes.destinationOf(toVersion).exists) {
    const text = `${why} The routes don't tell how to give ${toVersion} everything: they send traffic to ${all.map(({ version, destination }) => version ?? destination ?? 'any version').join(', ')}.`
    return refusedOutcome(request, null, 'target-not-ready', text)
  }
  return putBackUnderLease(command, { force: false }, () => {
    adoptLost(session, { name, unreadable: view.unreadable }, view)
    return putBack(command, 'rolled-back-by-command', (seen) =>
      outcomeOf(request, heldState(session), {
        result: 'rolled-back',
        reason: 'rolled-back-by-command',
        message: `${why} The routes were followed instead. ${trafficMoved(request, toVersion, seen)}`,
      }),
    )
  })
}
