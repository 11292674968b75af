import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { identityRefusalMessage } from '../../report/words/outcome/identity-refusal.ts'
import { lostSentence } from '../../report/words/outcome/lost-release.ts'
import { otherPinMessage, pinMessage } from '../../report/words/outcome/pin.ts'
import { checkReach } from '../../rollout/actions/reach-check.ts'
import { readinessOf } from '../../rollout/decision/capacity.ts'
import { findStable, sideOf } from '../../rollout/lifecycle/identity.ts'
import type { LostRelease } from '../../rollout/lifecycle/lost-release.ts'
import { pinVersion } from '../../rollout/lifecycle/pinning.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { defineCommand } from '../command.ts'
import { notReachedOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster, refuseUnfitService } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { findLost, hasCanaryTraffic, lostStateOf } from '../session/lost-release.ts'
import { recoverLost } from './abandoned.ts'
import { unreadyText } from './rollback-paths/put-back.ts'

/**
 * pinCommand puts everything on the version that serves, by name, before the canary is deployed: else its first ready pod
 * would get its share through the bare Service. Repeating it changes nothing.
 */
export const pinCommand = defineCommand('pin', async (command) => {
  const { request, context, session } = command
  const view = await readCluster(command, context.signal)
  const state = view.found?.state ?? null
  if (inFlight(state)) return releaseInFlight(command, state)
  const lost = findLost(command, view)
  if (lost !== null && hasCanaryTraffic(command, view, lost)) return pinLost(command, view, lost)
  const unfit = refuseUnfitService(command, view)
  if (unfit) return unfit
  const asked = { version: request.version ?? '', stableVersion: request.stableVersion }
  const stable = findStable(asked, state, view.routes, view.workloads, view.hosts)
  if (stable.kind === 'refused')
    return refusedOutcome(request, state, stable.reason, identityRefusalMessage(stable.refusal))
  if (stable.kind === 'none') {
    return pinnedOutcome(command, pinMessage({ kind: 'nothing-serves', service: request.service }))
  }
  const side = sideOf(stable.version, view.routes, view.workloads, view.hosts)
  if ('refused' in side)
    return refusedOutcome(request, state, 'target-not-ready', identityRefusalMessage(side.refused))
  const unready = unreadyText(request, view.workloads, side, desiredPods(view, side.version))
  if (unready !== null) return refusedOutcome(request, state, 'target-not-ready', unready)
  const { written, reach } = await withTargetLease(session, { force: false }, context.signal, async () => ({
    written: await pinVersion(session, side, view.workloads, context.signal),
    reach: await checkReach(session, { ...session.scope, stable: side, canary: side }, context.signal),
  }))
  if (reach.harm)
    return notReachedOutcome(
      request,
      null,
      side.version,
      reach.stray,
      session.routing.inspectCommand(request.namespace),
    )
  const message = pinMessage({
    kind: 'pinned',
    service: request.service,
    version: side.version,
    written: written > 0,
    stray: reach.stray,
  })
  return { ...pinnedOutcome(command, message), stableVersion: side.version, weight: 0 }
})

function desiredPods({ workloads }: ClusterView, version: string): number {
  return readinessOf(workloads, version).desired ?? 1
}

/** A release whose state is lost is ended: its traffic is on stable then, by name. */
async function pinLost(command: CommandSession, view: ClusterView, lost: LostRelease): Promise<Outcome> {
  const { request, context } = command
  const waitFor = request.settings.capacityTimeout
  const times = { waitFor, limit: waitFor + 180_000, watch: context.signal }
  const ended = await recoverLost(command, view, lost, times)
  if (ended === null) return pinnedOutcome(command, lostSentence(lostStateOf(lost)))
  return ended.result === 'rolled-back'
    ? { ...ended, ...pinnedOutcome(command, ended.message), stableVersion: ended.stableVersion, weight: 0 }
    : ended
}

function releaseInFlight(command: CommandSession, state: ReleaseState): Outcome {
  const { request } = command
  const { onNewer = 'refuse' } = request.settings
  // Where the newer release deals with the one in flight, its pods may come: every route names versions already.
  if (state.canary.version === request.version || onNewer !== 'refuse') {
    return pinnedOutcome(command, pinMessage({ kind: 'in-flight', release: state }))
  }
  return refusedOutcome(request, state, 'release-in-flight', otherPinMessage(state))
}

function pinnedOutcome({ request }: CommandSession, message: string): Outcome {
  return outcomeOf(request, null, { result: 'ok', reason: 'pinned', message })
}
