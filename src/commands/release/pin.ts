import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { checkReach } from '../../rollout/actions/reach-check.ts'
import { findStable, sideOf } from '../../rollout/lifecycle/identity.ts'
import type { LostRelease } from '../../rollout/lifecycle/lost-release.ts'
import { pinVersion } from '../../rollout/lifecycle/pinning.ts'
import { withTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { defineCommand } from '../command.ts'
import { notReachedOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster, refuseUnfitService } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { findLost, hasCanaryTraffic, lostSentence } from '../session/lost-release.ts'
import { recoverLost } from './abandoned.ts'

/**
 * pinCommand puts everything on the version that serves, by name, before the canary is deployed: else its first ready pod
 * would get its share through the bare Service. Repeating it changes nothing.
 */
export const pinCommand = defineCommand('pin', async (command) => {
  const { request, context, session } = command
  const view = await readCluster(command, context.signal)
  const state = view.found?.state ?? null
  if (inFlight(state)) return releaseInFlight(command, state)
  const lost = await findLost(command, view)
  if (lost !== null && hasCanaryTraffic(command, view, lost)) return pinLost(command, view, lost)
  const unfit = refuseUnfitService(command, view)
  if (unfit) return unfit
  const asked = { version: request.version ?? '', stableVersion: request.stableVersion }
  const stable = findStable(asked, state, view.routes, view.workloads, view.hosts)
  if (stable.kind === 'refused') return refusedOutcome(request, state, stable.reason, stable.text)
  if (stable.kind === 'none') {
    return pinnedOutcome(command, `No version of ${request.service} serves yet: there is nothing to pin.`)
  }
  const side = sideOf(stable.version, view.routes, view.workloads, view.hosts)
  if ('refused' in side) return refusedOutcome(request, state, 'target-not-ready', side.refused)
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
  const verb = written > 0 ? 'name' : 'named'
  const when = written > 0 ? 'now' : 'already'
  const message =
    reach.stray.length === 0
      ? `All routes of ${request.service} ${verb} ${side.version} ${when}.`
      : `All that a release moves of ${request.service} is on ${side.version} ${when}. ${reach.stray.join(' ')}`
  return { ...pinnedOutcome(command, message), stableVersion: side.version, weight: 0 }
})

/** A release whose state is lost is ended: its traffic is on stable then, by name. */
async function pinLost(command: CommandSession, view: ClusterView, lost: LostRelease): Promise<Outcome> {
  const { request, context } = command
  const waitFor = request.settings.capacityTimeout
  const times = { waitFor, limit: waitFor + 180_000, watch: context.signal }
  const ended = await recoverLost(command, view, lost, times)
  if (ended === null) return pinnedOutcome(command, lostSentence(lost))
  return ended.result === 'rolled-back'
    ? { ...ended, ...pinnedOutcome(command, ended.message), stableVersion: ended.stableVersion, weight: 0 }
    : ended
}

function releaseInFlight(command: CommandSession, state: ReleaseState): Outcome {
  const { request } = command
  if (state.canary.version === request.version) {
    return pinnedOutcome(command, `Release ${state.id} is in flight: its routes are pinned.`)
  }
  return refusedOutcome(
    request,
    state,
    'release-in-flight',
    `Release ${state.id} of ${state.canary.version} is in flight (held by ${state.holder}). Wait for it, or end it.`,
  )
}

function pinnedOutcome({ request }: CommandSession, message: string): Outcome {
  return outcomeOf(request, null, { result: 'ok', reason: 'pinned', message })
}
