import { Failure, isFailure, sentenceOf } from '../../release/failure.ts'
import type { StableShortage } from '../../release/outcome/cause.ts'
import { type ReasonCode, reasonOf } from '../../release/outcome/reasons.ts'
import type { Sight } from '../../release/outcome/sight.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { ScaleUp } from '../../release/text/command-line.ts'
import type { RouteChange, RouteSnapshot } from '../../routing/routing.ts'
import { readinessOf } from '../decision/capacity.ts'
import type { RollBackPlan } from '../decision/roll-back-plan.ts'
import { planRollBack } from '../decision/roll-back-plan.ts'
import { renewLease } from '../lifecycle/lease.ts'
import type { Session } from '../session.ts'
import { findStored, heldState, pairOf } from '../session.ts'
import { ownState } from '../state/ownership.ts'
import * as transitions from '../state/transitions.ts'
import { applyRoutes, applyState, type StateChange, writeTime } from '../state/writer.ts'
import { cleanUp } from './canary.ts'
import { checkReach, readRoutes, readWorkloads } from './reach-check.ts'
import { watchShare } from './share-watch.ts'

/** RollBackCause is why traffic goes back, and how long a stable version that is short of pods is waited for. */
interface RollBackCause {
  reason: ReasonCode
  /** Share of the canary's requests that fail, 0–1; null where it isn't known. */
  canaryFails: number | null
  /** While it lasts the share is seen to follow, once all was written; null: nothing is awaited. */
  watch: AbortSignal | null
  /** ms to wait for more pods of stable, at most; 0: what can be moved is moved once. */
  waitFor: number
}

/** RollBackResult is how it ended. `unavailable`: not all traffic went back, for want of stable's pods; a person must act. */
type RollBackResult =
  /** `elsewhere`: what routes send to others than stable, and did before the release, as whole sentences. */
  | { kind: 'rolled-back'; elsewhere: string[]; sight: Sight }
  /** What every step has passed has the traffic: the release goes on from there later. */
  | { kind: 'held'; sight: Sight }
  | { kind: 'unavailable'; shortage: StableShortage }

/** How often stable's pods are read while they are waited for (ms). */
const rereadEvery = 5_000
/** An answer by which not everything can go back is read again after this time before it is believed (ms). */
const confirmAfter = 2_000

/**
 * rollBackTraffic puts traffic back on stable as far as stable has pods for it (`planRollBack`), and reads back to be
 * sure. It needs no Prometheus. It throws Failure when the routes could not be written in time: traffic is then not
 * in a safe state.
 */
export async function rollBackTraffic(
  session: Session,
  cause: RollBackCause,
  signal: AbortSignal,
): Promise<RollBackResult> {
  const giveUp = session.clock.now() + cause.waitFor
  let plan = await confirmedPlan(session, cause, signal)
  for (;;) {
    if (plan.kind === 'all') return moveAndProve(session, cause, signal)
    if (plan.kind === 'part') await movePart(session, cause.reason, plan, signal)
    if (plan.kind === 'none' || session.clock.now() >= giveUp) return stopShort(session, signal)
    await session.clock.sleep(rereadEvery, signal)
    if (session.lease) await renewLease(session.lease, signal)
    plan = await confirmedPlan(session, cause, signal)
  }
}

/** Everything goes back, is seen there, and what the release made goes after it. */
async function moveAndProve(
  session: Session,
  cause: RollBackCause,
  signal: AbortSignal,
): Promise<RollBackResult> {
  await moveAll(session, cause.reason, signal)
  const writtenAt = session.clock.now()
  const before = await proveReach(session, signal)
  const seenAt = session.clock.now()
  const sight = await proveShare(session, cause, writtenAt)
  const watched = session.clock.now() > seenAt
  const elsewhere = watched ? await proveAgain(session, before, signal) : before
  if (takeoverOf(heldState(session)) !== null) return { kind: 'held', sight }
  await cleanUp(session, cause.reason, writtenAt, signal)
  return { kind: 'rolled-back', elsewhere, sight }
}

/** One odd answer, an empty list of pods, must not keep traffic where it does harm. */
async function confirmedPlan(
  session: Session,
  cause: RollBackCause,
  signal: AbortSignal,
): Promise<RollBackPlan> {
  const first = await readPlan(session, cause, signal)
  if (first.kind === 'all') return first
  await session.clock.sleep(confirmAfter, signal)
  return readPlan(session, cause, signal)
}

async function readPlan(session: Session, cause: RollBackCause, signal: AbortSignal): Promise<RollBackPlan> {
  const { stable, canary, stableReady } = heldState(session)
  if (stable === null) return { kind: 'none' }
  const snapshot = await readRoutes(session, session.clock.now() + writeTime.back, signal)
  // A note that somebody took away meanwhile is written anew with whatever is moved.
  if (ownState(session, snapshot) === null) session.writesStateAnew = true
  const workloads = await readWorkloads(session, signal)
  const { ready } = readinessOf(workloads, stable.version)
  const canaryReady = readinessOf(workloads, canary.version).ready
  const routed = session.routing.canaryShare(snapshot, pairOf(session.scope, heldState(session))).max
  // Without any route the Service feeds whatever is ready: all of it is the canary's where stable has nothing.
  const { objects } = session.routing.view(snapshot, session.scope)
  return planRollBack({
    ready,
    needed: stableReady,
    canaryShare: objects.length === 0 && ready === 0 && canaryReady > 0 ? 1 : routed,
    canaryReady,
    proof: reasonOf(cause.reason).proof,
    canaryFails: cause.canaryFails,
  })
}

/** Everybody who reached the canary must reach stable; it gives what routes send to others, as whole sentences. */
async function proveReach(session: Session, signal: AbortSignal): Promise<string[]> {
  const { stable } = heldState(session)
  const { stray, harm } = await checkReach(session, pairOf(session.scope, heldState(session)), signal)
  if (!harm) return stray
  throw new Failure(
    'refused',
    `Weights were put back, and not everybody reaches ${stable?.version}: ${stray.join(' ')}`,
  )
}

/**
 * proveShare sees users follow. It throws Failure('refused') where the canary is still reached beyond doubt; where that
 * is why traffic went back (its pods are reached past the routes), it is known and said.
 */
async function proveShare(
  session: Session,
  { reason, watch }: RollBackCause,
  writtenAt: number,
): Promise<Sight> {
  const sight = await watchShare(session, writtenAt, watch)
  if (sight.kind !== 'seen' || !sight.lasting || reason === 'share-exceeded') return sight
  throw stillReached(sight)
}

/**
 * proveAgain looks at what was true before users were watched: the state is written anew where somebody took it away, and
 * the routes with it where those are gone. Traffic was back already: a call that fails is only said. It throws
 * Failure('refused') where not everybody reaches stable any more.
 */
async function proveAgain(session: Session, before: string[], signal: AbortSignal): Promise<string[]> {
  try {
    await keepNote(session, signal)
    return await proveReach(session, signal)
  } catch (error) {
    if (isFailure(error, 'refused')) throw error
    session.record({ type: 'warning', code: 'state-lost', details: { error: sentenceOf(error) } })
    return before
  }
}

async function keepNote(session: Session, signal: AbortSignal): Promise<void> {
  const deadline = session.clock.now() + writeTime.optional
  const snapshot = await readRoutes(session, deadline, signal)
  if (findStored(session, snapshot).found !== null) return
  session.writesStateAnew = true
  const { objects } = session.routing.view(snapshot, session.scope)
  const routes = objects.length > 0 ? {} : { routes: await pinChange(session, signal) }
  await applyState(session, (state) => state, { ...routes, deadline }, signal)
}

/** stillReached is the Failure of a rollback after which the canary is reached all the same. */
export function stillReached({ canary, total, version }: Extract<Sight, { kind: 'seen' }>): Failure {
  return new Failure(
    'refused',
    `The routes were put back, and ${canary} of ${total} requests still reached ${version}: its pods are reached past the routes, or proxies don't follow.`,
  )
}

async function moveAll(session: Session, reason: ReasonCode, signal: AbortSignal): Promise<void> {
  const deadline = session.clock.now() + writeTime.back
  const before = await readRoutes(session, deadline, signal)
  const { objects } = session.routing.view(before, session.scope)
  const home = session.held?.home ?? ''
  const routes: RouteChange =
    objects.length > 0
      ? { kind: 'put-back', restore: heldState(session).restore }
      : await pinChange(session, signal)
  const back: StateChange = { routes, deadline }
  if (objects.length > 1) {
    await applyState(session, (state) => transitions.rollingBack(state, reason), back, signal)
  }
  for (;;) {
    await applyState(session, (state, now) => transitions.movedBack(state, reason, now), back, signal)
    if (isBack(session, await readRoutes(session, deadline, signal))) break
    if (session.clock.now() >= deadline)
      throw new Failure('refused', 'The routes still give the canary traffic after they were put back.')
    session.record({ type: 'warning', code: 'read-back', details: null })
    await session.clock.sleep(1000, signal)
  }
  // The object that held the state was taken away, and with it the routes of those whom it bound.
  if (objects.length > 0 && home !== '' && !objects.includes(home)) {
    const pair = pairOf(session.scope, heldState(session))
    await applyRoutes(session, pair, await pinChange(session, signal), { deadline }, signal)
  }
}

/** pinChange names stable by a new route where every route is gone: the Service alone would feed the canary. */
export async function pinChange(session: Session, signal: AbortSignal): Promise<RouteChange> {
  const { namespace, service } = session.scope
  const workloads = await session.workloads.workloads(namespace, service, signal)
  return { kind: 'pin', retired: [], service: workloads.service }
}

function isBack(session: Session, snapshot: RouteSnapshot): boolean {
  const { found } = findStored(session, snapshot)
  const state = heldState(session)
  const share = session.routing.canaryShare(snapshot, pairOf(session.scope, state))
  return found?.state.id === state.id && share.max === 0
}

/** movePart gives stable what it can carry; what is there already is not written again. */
async function movePart(
  session: Session,
  reason: ReasonCode,
  { canaryWeight, carried }: Extract<RollBackPlan, { kind: 'part' }>,
  signal: AbortSignal,
): Promise<void> {
  const { phase, weight, stable } = heldState(session)
  if (phase === 'rolling-back' && weight === canaryWeight && !session.writesStateAnew) return
  const version = stable?.version ?? ''
  const details = { version, carried, weight: canaryWeight, scale: scaleUp(session) }
  session.record({ type: 'warning', code: 'stable-short', details })
  await applyState(
    session,
    (state) => ({ ...transitions.rollingBack(state, reason), weight: canaryWeight }),
    {
      routes: { kind: 'share', percent: canaryWeight, sticky: null },
      deadline: session.clock.now() + writeTime.back,
    },
    signal,
  )
}

/** stopShort ends with traffic where stable's pods leave it. A release of which nothing went back is held there. */
async function stopShort(session: Session, signal: AbortSignal): Promise<RollBackResult> {
  const { phase, stable, canary } = heldState(session)
  if (phase !== 'rolling-back' && phase !== 'paused') {
    const hold = transitions.paused
    await applyState(session, (state, now) => hold(state, 'stable-unavailable', now), {}, signal)
  } else if (session.writesStateAnew) await applyState(session, (state) => state, {}, signal)
  const { weight } = heldState(session)
  const versions = { stable: stable?.version ?? null, canary: canary.version }
  return { kind: 'unavailable', shortage: { ...versions, weight, moved: phase === 'rolling-back' } }
}

function scaleUp({ scope, held }: Session): ScaleUp {
  const { namespace } = scope
  return {
    namespace,
    workload: held?.state.stable?.workload ?? '',
    replicas: Math.max(1, held?.state.stableReady ?? 1),
  }
}
