import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { findStable, sideOf } from '../../rollout/lifecycle/identity.ts'
import { acquireLease, releaseLease } from '../../rollout/lifecycle/lease.ts'
import { toSide } from '../../rollout/session.ts'
import { applyRoutes, writeTime } from '../../rollout/state/writer.ts'
import { planPin, planSubsets } from '../../routing/istio/routing.ts'
import { failedOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { CommandSession } from '../session/command-session.ts'
import { leaseTerms, readCluster, refuseUnfitService } from '../session/command-session.ts'

/**
 * pin puts everything on the version that serves, by name, before the canary is deployed: else its first ready pod
 * would get its share through the bare Service. Repeating it changes nothing.
 */
export async function pin(work: CommandSession): Promise<Outcome> {
  const { request, context, session } = work
  try {
    const scene = await readCluster(work, context.signal)
    const state = scene.found?.state ?? null
    if (inFlight(state)) {
      if (state.canary.version === request.version)
        return pinnedOutcome(work, `Release ${state.id} is in flight: its routes are pinned.`)
      return refusedOutcome(
        request,
        state,
        'release-in-flight',
        `Release ${state.id} of ${state.canary.version} is in flight (held by ${state.holder}). Wait for it, or end it with "shiftgate abort".`,
      )
    }
    const bad = refuseUnfitService(work, scene)
    if (bad) return bad
    const wish = { version: request.version ?? '', stableVersion: request.stableVersion }
    const stable = findStable(wish, state, scene.routeModel, scene.workloads, scene.hosts)
    if (stable.kind === 'refused') return refusedOutcome(request, state, stable.reason, stable.text)
    if (stable.kind === 'none')
      return pinnedOutcome(work, `No version of ${request.service} serves yet: there is nothing to pin.`)
    const side = sideOf(stable.version, scene.routeModel, scene.workloads, scene.hosts)
    if ('refused' in side) return refusedOutcome(request, state, 'target-not-ready', side.refused)
    session.lease = await acquireLease(leaseTerms(work), { force: false }, context.signal)
    const same = toSide(side)
    const pair = { ...session.scope, stable: same, canary: same }
    const deadline = session.clock.now() + writeTime.forward
    const options = { service: scene.workloads.service }
    const subsets = await applyRoutes(
      session,
      (snapshot) => planSubsets(snapshot, pair),
      { dryRun: true, deadline },
      context.signal,
    )
    if (subsets > 0) await session.clock.sleep(request.settings.settleMin, context.signal)
    const routes = await applyRoutes(
      session,
      (snapshot) => planPin(snapshot, pair, {}, options),
      { dryRun: true, deadline },
      context.signal,
    )
    if (routes > 0) await session.clock.sleep(request.settings.settleMin, context.signal)
    const outcome = pinnedOutcome(
      work,
      routes + subsets > 0
        ? `All routes of ${request.service} name ${side.version} now.`
        : `All routes of ${request.service} named ${side.version} already.`,
    )
    return { ...outcome, stableVersion: side.version, weight: 0 }
  } catch (error) {
    return isFailure(error, 'refused')
      ? refusedOutcome(request, null, 'route-not-editable', sentenceOf(error))
      : failedOutcome(request, null, error)
  } finally {
    if (session.lease) await releaseLease(session.lease, AbortSignal.timeout(5_000))
  }
}

function pinnedOutcome(work: CommandSession, message: string): Outcome {
  return outcomeOf(work.request, null, { result: 'ok', reason: 'pinned', message })
}
