import { Failure, isFailure, sentenceOf } from '../../release/failure.ts'
import { type RoutingSnapshot, refText } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome.ts'
import type { Promotion, ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { commandKey } from '../../release/target.ts'
import { rollBackTraffic } from '../../rollout/actions/roll-back.ts'
import { readinessOf } from '../../rollout/decision/capacity.ts'
import type { RemoteCommandName } from '../../rollout/decision/decision-input.ts'
import { acquireLease, releaseLease } from '../../rollout/lifecycle/lease.ts'
import { findState, heldState, toSide } from '../../rollout/session.ts'
import { encodeCommand } from '../../rollout/state/remote-command.ts'
import * as transitions from '../../rollout/state/transitions.ts'
import {
  applyRoutes,
  applyState,
  type RoutePlanner,
  refusedPlan,
  type Transition,
  writeTime,
} from '../../rollout/state/writer.ts'
import {
  canaryShare,
  planAnnotations,
  planRestore,
  planSubsets,
  subsetFor,
} from '../../routing/istio/routing.ts'
import { failedOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { ClusterView, CommandSession } from '../session/command-session.ts'
import { leaseTerms, readCluster, scopeOf } from '../session/command-session.ts'
import { recordExistingRelease } from '../session/record-header.ts'

/** How long a running release is given to obey before its target is taken over (ms). */
const holderPatience = 20_000
const pollEvery = 2_000

/**
 * rollback puts traffic back: a release in flight is aborted; after a promotion the version before it (or
 * `to-version`) serves everything again, without analysis. Repeating it changes nothing and exits 0.
 */
export async function rollback(work: CommandSession): Promise<Outcome> {
  const { request, context } = work
  try {
    const scene = await readCluster(work, context.signal)
    const state = scene.found?.state ?? null
    if (!inFlight(state)) return await returnToEarlier(work, scene, state)
    const aborted = await abort(work)
    if (aborted.reasonCode !== 'nothing-to-do') return aborted
    // It was promoted before it could be aborted: what was asked for is still the version before.
    const after = await readCluster(work, context.signal)
    return inFlight(after.found?.state ?? null)
      ? aborted
      : await returnToEarlier(work, after, after.found?.state ?? null)
  } catch (error) {
    return failedOutcome(request, work.session.held?.state ?? null, error)
  }
}

/**
 * abort ends the release in flight with everything on stable. A live holder is asked and given 20 s; then, or
 * where it is gone, this process takes over and does it.
 */
export async function abort(work: CommandSession): Promise<Outcome> {
  const { request, context, session } = work
  const scene = await readCluster(work, context.signal)
  const found = scene.found
  if (!found || !inFlight(found.state)) {
    return outcomeOf(request, found?.state ?? null, {
      result: 'ok',
      reason: 'nothing-to-do',
      message: `No release of ${request.namespace}/${request.service} is in flight: nothing was changed.`,
    })
  }
  if (found.state.stable === null) {
    const message = `${found.state.canary.version} is the first version of ${request.service}: there is nothing to return to.`
    return refusedOutcome(request, found.state, 'no-previous-version', message)
  }
  recordExistingRelease(work, found.state)
  session.obeyedCommand = await sendCommand(work, found.state, refText(found.home), 'abort')
  const obeyed = await waitForHolder(work, found.state.id)
  if (obeyed) return abortedOutcome(work, obeyed)
  session.lease = await acquireLease(leaseTerms(work), { force: true }, context.signal)
  try {
    const now = findState(await session.routes.routing(request.namespace, context.signal), session.scope)
    if (!now || !inFlight(now.state)) return abortedOutcome(work, now?.state ?? found.state)
    session.held = now
    await takeOver(work)
    await rollBackTraffic(session, 'aborted-by-command', context.signal)
    return abortedOutcome(work, heldState(session))
  } catch (error) {
    return rollbackFailedOutcome(work, error)
  } finally {
    await releaseLease(session.lease, AbortSignal.timeout(5_000))
  }
}

/** takeOver makes the release this process's: a higher fencing number at once, so that a living holder stops. */
export async function takeOver(work: CommandSession): Promise<void> {
  const { request, session, context } = work
  const { holder, run } = request
  const deadline = session.clock.now() + writeTime.back
  const transition: Transition = (state) => transitions.takenOver(state, holder, run)
  await applyState(session, transition, { deadline }, context.signal)
}

/** sendCommand writes what a running release shall do into its annotation, bound to its id. It gives the order's text. */
export async function sendCommand(
  work: CommandSession,
  state: ReleaseState,
  home: string,
  word: RemoteCommandName,
): Promise<string> {
  const { request, session, context } = work
  const text = encodeCommand({ release: state.id, name: word, by: request.runUrl ?? request.holder })
  const changes = { [home]: { [commandKey(scopeOf(request))]: text } }
  const deadline = session.clock.now() + holderPatience
  await applyRoutes(session, (snapshot) => planAnnotations(snapshot, changes), { deadline }, context.signal)
  return text
}

/**
 * waitForHolder waits until a release has ended, or is `done`, on an order; null where nobody obeys it within 20 s
 * or nobody holds the release.
 */
export async function waitForHolder(
  work: CommandSession,
  id: string,
  done: (state: ReleaseState) => boolean = () => false,
): Promise<ReleaseState | null> {
  const { session, context, request } = work
  const until = session.clock.now() + holderPatience
  while (session.clock.now() < until) {
    const now = findState(await session.routes.routing(request.namespace, context.signal), session.scope)
    if (!now || now.state.id !== id || !inFlight(now.state) || done(now.state)) return now?.state ?? null
    const lease = await session.leases.lease(request.namespace, leaseTerms(work).name, context.signal)
    if (lease === null || lease.holder === '') return null
    await session.clock.sleep(pollEvery, context.signal)
  }
  return null
}

function abortedOutcome(work: CommandSession, state: ReleaseState): Outcome {
  const { request } = work
  const stable = state.stable?.version ?? ''
  const back = state.phase === 'rolled-back'
  return outcomeOf(request, state, {
    result: back ? 'rolled-back' : 'ok',
    reason: back ? 'aborted-by-command' : 'nothing-to-do',
    requested: true,
    message: back
      ? `All traffic of ${request.namespace}/${request.service} is on ${stable}.`
      : `Release ${state.id} had ended before it could be aborted: ${state.canary.version} serves.`,
  })
}

function rollbackFailedOutcome(work: CommandSession, error: unknown): Outcome {
  const { request, session } = work
  const state = session.held?.state ?? null
  if (isFailure(error, 'superseded')) return failedOutcome(request, state, error)
  return outcomeOf(request, state, {
    result: 'unsafe',
    reason: 'rollback-failed',
    message: `Traffic could not be put back: ${sentenceOf(error)} Look at the routes: kubectl -n ${request.namespace} get virtualservices -o yaml`,
  })
}

async function returnToEarlier(
  work: CommandSession,
  scene: ClusterView,
  state: ReleaseState | null,
): Promise<Outcome> {
  const { request, session, context } = work
  const serving = state?.phase === 'promoted' ? state.canary.version : (state?.stable?.version ?? null)
  const target = rollbackTarget(state, request.toVersion)
  if (
    state &&
    serving !== null &&
    (request.toVersion === serving || (request.toVersion === null && state.phase === 'rolled-back'))
  ) {
    return outcomeOf(request, state, {
      result: 'rolled-back',
      reason: 'nothing-to-do',
      message: `${serving} already serves all of ${request.namespace}/${request.service}: nothing was changed.`,
    })
  }
  if (!state || !target || serving === null) {
    const known = (state?.history ?? []).map((entry) => entry.version).join(', ') || 'none'
    const wanted =
      request.toVersion === null
        ? 'No earlier version is known'
        : `Version ${request.toVersion} is not known here`
    return refusedOutcome(
      request,
      state,
      'no-previous-version',
      `${wanted} (history: ${known}). Release it with "shiftgate rollout" instead.`,
    )
  }
  const readiness = readinessOf(scene.workloads, target.version)
  if (readiness.ready === 0) {
    const how =
      readiness.desired === null
        ? `Deploy it again first.`
        : `Scale it up first: kubectl -n ${request.namespace} scale deployment ${target.workload} --replicas=${Math.max(1, state.stableReady)}`
    return refusedOutcome(request, state, 'target-not-ready', `${target.version} has no ready pod. ${how}`)
  }
  recordExistingRelease(work, state)
  try {
    session.lease = await acquireLease(leaseTerms(work), { force: false }, context.signal)
  } catch (error) {
    if (isFailure(error, 'refused')) return refusedOutcome(request, state, 'locked', sentenceOf(error))
    throw error
  }
  try {
    session.held = scene.found
    return await routeAllTo(work, scene, target)
  } catch (error) {
    if (mayHaveWritten(work)) return rollbackFailedOutcome(work, error)
    return isFailure(error, 'refused')
      ? refusedOutcome(request, state, 'route-not-editable', sentenceOf(error))
      : failedOutcome(request, state, error)
  } finally {
    await releaseLease(session.lease, AbortSignal.timeout(5_000))
  }
}

/** mayHaveWritten: a change of routes landed, or its answer was lost. */
function mayHaveWritten({ recorder, session }: CommandSession): boolean {
  return (
    session.unconfirmedWrites !== undefined ||
    recorder.events.some((event) => event.type === 'write' && event.object.startsWith('VirtualService'))
  )
}

/** rollbackTarget gives where a rollback goes: the version named, else the newest before the serving one that wasn't left. */
function rollbackTarget(state: ReleaseState | null, toVersion: string | null): Promotion | null {
  if (!state) return null
  if (toVersion !== null) return state.history.find((entry) => entry.version === toVersion) ?? null
  if (state.phase !== 'promoted') return null
  return state.history.find((entry) => entry.version !== state.canary.version && !entry.rolledBack) ?? null
}

async function routeAllTo(work: CommandSession, scene: ClusterView, to: Promotion): Promise<Outcome> {
  const { request, session, context } = work
  const image = scene.workloads.workloads.find((workload) => workload.version === to.version)?.image ?? ''
  const subset = subsetFor(scene.routeModel, to.version) ?? to.subset
  const host = scene.hosts?.get(to.version) ?? to.host
  const target = host === undefined ? { ...to, subset } : { ...to, subset, host }
  const next: Transition = (state, now) =>
    transitions.takenOver(transitions.returned(state, target, image, now), request.holder, request.run)
  const deadline = session.clock.now() + writeTime.back
  const sides = next(heldState(session), session.clock.now())
  const pair = {
    ...session.scope,
    stable: toSide(target),
    canary: toSide(sides.canary),
  }
  const subsets = planSubsets(scene.routing, pair)
  if (!subsets.ok) throw refusedPlan(subsets.problems)
  if (subsets.writes.length > 0) {
    const plan = (snapshot: RoutingSnapshot) => planSubsets(snapshot, pair)
    await applyRoutes(session, plan, { dryRun: true, deadline }, context.signal)
    await session.clock.sleep(request.settings.settleMin, context.signal)
  }
  // A way back asks nothing of the mesh but that its routes can be understood; a pin would refuse more.
  const routes: RoutePlanner = (snapshot, sidesNow, annotations) =>
    planRestore(snapshot, { ...sidesNow, everywhere: true }, null, annotations)
  await applyState(session, next, { routes, direction: 'back', dryRun: true, deadline }, context.signal)
  const written = await session.routes.routing(request.namespace, context.signal)
  if (canaryShare(written, { ...pair, everywhere: true }).max > 0) {
    throw new Failure(
      'refused',
      `The routes still give ${pair.canary.version} traffic after they were written.`,
    )
  }
  return outcomeOf(request, heldState(session), {
    result: 'rolled-back',
    reason: 'rolled-back-by-command',
    message: `All traffic of ${request.namespace}/${request.service} is on ${to.version}; ${sides.canary.version} was left and stays deployed.`,
  })
}
