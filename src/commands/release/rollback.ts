import type { Outcome } from '../../release/outcome/outcome.ts'
import type { Sight } from '../../release/outcome/sight.ts'
import type { CanaryWorkload, Promotion, ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import {
  alreadyBackMessage,
  noPreviousVersionMessage,
  oneDeploymentMessage,
  returnedMessage,
} from '../../report/words/outcome/rollback.ts'
import { checkReach } from '../../rollout/actions/reach-check.ts'
import { earlierVersion, podsToReturn, returnToEarlier } from '../../rollout/lifecycle/earlier-version.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { heldState, pairOf } from '../../rollout/session.ts'
import { defineCommand } from '../command.ts'
import {
  failedOutcome,
  outcomeOf,
  refusedOutcome,
  rollbackFailedOutcome,
  stableUnavailableOutcome,
} from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { removeTemporary } from '../session/image/leftovers.ts'
import { findLost } from '../session/lost-release.ts'
import { recordExistingRelease } from '../session/record-header.ts'
import { returnByRoutes } from './rollback-paths/by-routes.ts'
import { endInFlight } from './rollback-paths/end-in-flight.ts'
import { unreadyText } from './rollback-paths/put-back.ts'
import { goOnReturning, returnInPlace } from './rollback-paths/return-in-place.ts'

/**
 * rollbackCommand puts traffic back: a release in flight is aborted; after a promotion the previous version (or
 * `to-version`) serves everything again, without analysis. Repeating it changes nothing and exits 0.
 */
export const rollbackCommand = defineCommand('rollback', async (command) => {
  const view = await readCluster(command, command.context.signal)
  const state = view.found?.state ?? null
  const lost = findLost(command, view)
  // A return to the image before that was left on its way is what was asked for.
  if (view.found && inFlight(state) && state.unjudged !== undefined) return goOnReturning(command, view.found)
  if (!inFlight(state) && lost === null)
    return (await returnByRoutes(command, view)) ?? rollBackTidied(command, view)
  const aborted = await endInFlight(command, view)
  if (lost !== null || aborted.reasonCode !== 'nothing-to-do') return aborted
  // It was promoted before it could be aborted: what was asked for is still the previous version.
  const after = await readCluster(command, command.context.signal)
  const now = after.found?.state ?? null
  return inFlight(now) ? aborted : rollBackPromoted(command, after, now)
})

/** What a run that died has left of a canary is removed first. */
async function rollBackTidied(command: CommandSession, view: ClusterView): Promise<Outcome> {
  const now = (await removeTemporary(command, view))
    ? await readCluster(command, command.context.signal)
    : view
  return rollBackPromoted(command, now, now.found?.state ?? null)
}

async function rollBackPromoted(
  command: CommandSession,
  view: ClusterView,
  state: ReleaseState | null,
): Promise<Outcome> {
  const { request } = command
  const unfinished = unfinishedReturn(command, state)
  if (unfinished !== null) return returnInPlace(command, unfinished)
  const serving = servingVersion(state)
  if (state && serving !== null && isWhereAsked(command, state, serving.version)) {
    return (
      (await alreadyThere(command, state, serving.version)) ??
      returnTo(command, view, state, { target: serving, harm: true })
    )
  }
  const target = earlierVersion(state, request.toVersion)
  if (!state || !target || serving === null) return nowhereToGo(command, state)
  const { workload } = state
  if (workload?.inPlace !== undefined && target.workload === workload.source) {
    const { before: image, stable } = workload.inPlace
    const { version } = target
    if (version === stable.version) return returnInPlace(command, { image, version, ...madeAs(workload) })
    return refusedOutcome(request, state, 'target-not-ready', oneDeploymentMessage(request, target))
  }
  return returnTo(command, view, state, { target, harm: false })
}

/** A return to the image before that was ended on its way, and is asked for again; null: there is none. */
function unfinishedReturn({ request }: CommandSession, state: ReleaseState | null) {
  if (state?.phase !== 'rolled-back' || state.unjudged === undefined || state.workload === undefined)
    return null
  const { version } = state.canary
  if (request.toVersion !== null && request.toVersion !== version) return null
  return { image: state.workload.image, version, ...madeAs(state.workload) }
}

/** The canary of a return is made as the one before was. */
function madeAs({ shape, inPlace }: CanaryWorkload) {
  return { workload: shape, copyPolicies: inPlace?.policies !== undefined }
}

/**
 * returnTo puts all traffic on a version that served before, or that shall serve and no more does all alone: `harm`, users
 * meet another version or nobody, so that a failure is unsafe even where nothing was written.
 */
async function returnTo(
  command: CommandSession,
  view: ClusterView,
  state: ReleaseState,
  { target, harm }: { target: Promotion; harm: boolean },
): Promise<Outcome> {
  const { request, session, context } = command
  const unready = unreadyText(request, view.workloads, target, podsToReturn(state, target, view.workloads))
  if (unready !== null) return refusedOutcome(request, state, 'target-not-ready', unready)
  recordExistingRelease(command, state)
  return withTargetLease(session, { force: false }, context.signal, async () => {
    try {
      session.held = view.found
      const result = await returnToEarlier(session, target, view, context.signal)
      return result.kind === 'unavailable'
        ? stableUnavailableOutcome(request, heldState(session), result.shortage)
        : returnedOutcome(command, target, heldState(session).canary.version, result)
    } catch (error) {
      const inspect = session.routing.inspectCommand(request.namespace)
      return harm || mayHaveWritten(command)
        ? rollbackFailedOutcome(request, session.held?.state ?? state, error, inspect)
        : failedOutcome(request, state, error)
    }
  })
}

/** What was written once may have been changed by others since: where requests end is looked at again; null: elsewhere. */
async function alreadyThere(
  { request, session, context }: CommandSession,
  state: ReleaseState,
  serving: string,
): Promise<Outcome | null> {
  const sides = pairOf(session.scope, state)
  const pair = state.phase === 'promoted' ? { ...sides, stable: sides.canary, canary: sides.stable } : sides
  const { stray, harm } = await checkReach(session, pair, context.signal)
  if (harm) return null
  const message = alreadyBackMessage(request, serving, stray)
  return outcomeOf(request, state, { result: 'rolled-back', reason: 'nothing-to-do', message })
}

function servingVersion(state: ReleaseState | null): Promotion | null {
  const side = state?.phase === 'promoted' ? state.canary : state?.stable
  if (!state || !side) return null
  const { version, destination, workload, host } = side
  const known = state.history.find((entry) => entry.version === version)
  const at = known?.at ?? state.endedAt ?? state.startedAt
  const place = { version, destination, workload, ...(host === undefined ? {} : { host }) }
  return { ...place, at, releaseId: known?.releaseId ?? '' }
}

function isWhereAsked({ request }: CommandSession, state: ReleaseState, serving: string): boolean {
  const { toVersion } = request
  return toVersion === serving || (toVersion === null && state.phase === 'rolled-back')
}

function nowhereToGo({ request }: CommandSession, state: ReleaseState | null): Outcome {
  const message = noPreviousVersionMessage(request, state, request.toVersion)
  return refusedOutcome(request, state, 'no-previous-version', message)
}

/** mayHaveWritten: a change of routes landed, or its answer was lost. */
function mayHaveWritten({ session }: CommandSession): boolean {
  return session.unconfirmedWrites !== undefined || session.movedTraffic === true
}

function returnedOutcome(
  { request, session }: CommandSession,
  target: Promotion,
  left: string,
  seen: { elsewhere: readonly string[]; sight: Sight },
): Outcome {
  return outcomeOf(request, heldState(session), {
    result: 'rolled-back',
    reason: 'rolled-back-by-command',
    message: returnedMessage(request, { version: target.version, left }, seen),
  })
}
