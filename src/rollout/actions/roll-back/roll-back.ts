import { Failure, isFailure, sentenceOf } from '../../../release/failure.ts'
import type { StableShortage } from '../../../release/outcome/cause.ts'
import { type ReasonCode, reasonOf } from '../../../release/outcome/reasons.ts'
import type { Sight } from '../../../release/outcome/sight.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { takeoverOf } from '../../../release/state/takeover.ts'
import type { ScaleUp } from '../../../release/text/command-line.ts'
import type { RouteChange, RouteSnapshot } from '../../../routing/routing.ts'
import { readinessOf } from '../../decision/capacity.ts'
import type { RollBackPlan } from '../../decision/roll-back-plan.ts'
import { planRollBack } from '../../decision/roll-back-plan.ts'
import { keepLease } from '../../lifecycle/lease.ts'
import type { Session } from '../../session.ts'
import { findStored, heldState, pairOf } from '../../session.ts'
import { ownState } from '../../state/ownership.ts'
import * as transitions from '../../state/transitions.ts'
import { applyRoutes, applyState, type StateChange, writeTime } from '../../state/writer.ts'
import { cleanUp } from '../canary/canary.ts'
import { readRoutes, readWorkloads } from '../reach-check.ts'
import { type ProofTerms, pinChange, proveRollBack, writeNote } from './proof.ts'
import { ensureStableDestination } from './stable-destination.ts'

/** RollBackCause is why traffic goes back, and how long a stable version that is short of pods is waited for. */
interface RollBackCause extends ProofTerms {
  /** Share of the canary's requests that fail, 0–1; null where it isn't known. */
  canaryFails: number | null
  /** ms to wait for more pods of stable, at most; 0: what can be moved is moved once. */
  waitFor: number
  /** The process was told to stop: nothing is waited for but the answers to its own calls. */
  stopping?: boolean
}

/** RollBackResult is how it ended. `unavailable`: not all traffic went back, for want of stable's pods; a person must act. */
export type RollBackResult =
  /** `elsewhere`: what routes send to others than stable, and did before the release, as whole sentences. */
  | { kind: 'rolled-back'; elsewhere: string[]; sight: Sight }
  /** What every step has passed has the traffic: the release goes on from there later. */
  | { kind: 'held'; elsewhere: string[]; sight: Sight }
  | { kind: 'unavailable'; shortage: StableShortage }

/** How often stable's pods are read while they are waited for (ms). */
const rereadEvery = 5_000
/** How long (ms, real) it is looked where traffic is, before it is said that it could not be put back. */
const lookTime = 10_000
/** An answer by which not everything can go back is read again after this time before it is believed (ms). */
const confirmAfter = 2_000

/**
 * rollBackTraffic puts traffic back on stable as far as stable has pods for it (`planRollBack`), and reads back to be
 * sure. It needs no Prometheus. It throws Failure when the routes could not be written in time and still give the canary
 * traffic: it is then not in a safe state.
 */
export async function rollBackTraffic(
  session: Session,
  cause: RollBackCause,
  signal: AbortSignal,
): Promise<RollBackResult> {
  try {
    const short = await moveBack(session, cause, signal)
    if (short !== null) return short
  } catch (error) {
    // Before it is said that traffic could not be put back, it is looked where it is.
    if (isFailure(error, 'superseded') || !(await isBackAllTheSame(session, cause.reason))) throw error
    session.record({ type: 'warning', code: 'recovery', details: { error: sentenceOf(error) } })
    signal = AbortSignal.timeout(writeTime.optional)
  }
  const writtenAt = session.clock.now()
  const seen = await proveRollBack(session, cause, signal)
  if (takeoverOf(heldState(session)) !== null) return { kind: 'held', ...seen }
  const { reason, stopping } = cause
  await cleanUp(session, { reason, writtenAt, drains: stopping !== true }, signal)
  return { kind: 'rolled-back', ...seen }
}

/** moveBack moves as much as stable can carry, and what is left as it gets pods; null: all of it was moved. */
async function moveBack(
  session: Session,
  cause: RollBackCause,
  signal: AbortSignal,
): Promise<RollBackResult | null> {
  const giveUp = session.clock.now() + cause.waitFor
  for (;;) {
    const plan = await confirmedPlan(session, cause, signal)
    if (plan.kind !== 'none') await ensureStableDestination(session, cause.stopping === true, signal)
    if (plan.kind === 'all') {
      await moveAll(session, cause.reason, signal)
      return null
    }
    if (plan.kind === 'part') await movePart(session, cause.reason, plan, signal)
    if (plan.kind === 'none' || session.clock.now() >= giveUp) return stopShort(session, signal)
    await session.clock.sleep(rereadEvery, signal)
    if (session.lease) await keepLease(session.lease, signal)
  }
}

/**
 * isBackAllTheSame tells whether the routes give the canary nothing, although this process could not write or read
 * them to its end: a write whose answer was lost, or somebody else, put traffic back. The release is over then.
 */
async function isBackAllTheSame(session: Session, reason: ReasonCode): Promise<boolean> {
  const { namespace } = session.scope
  const state = heldState(session)
  try {
    const snapshot = await session.routing.read(namespace, AbortSignal.timeout(lookTime))
    const { objects } = session.routing.view(snapshot, session.scope)
    if (objects.length === 0 || session.routing.canaryShare(snapshot, pairOf(session.scope, state)).max > 0)
      return false
  } catch {
    return false
  }
  if (session.held) session.held.state = transitions.movedBack(state, reason, session.clock.now())
  session.writesStateAnew = true
  await writeNote(session, session.clock.now(), AbortSignal.timeout(lookTime))
  return true
}

/** One odd answer, an empty list of pods, must not keep traffic where it does harm. */
async function confirmedPlan(
  session: Session,
  cause: RollBackCause,
  signal: AbortSignal,
): Promise<RollBackPlan> {
  const first = await readPlan(session, cause, signal)
  if (first.kind === 'all') return first
  if (cause.stopping !== true) await session.clock.sleep(confirmAfter, signal)
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

async function moveAll(session: Session, reason: ReasonCode, signal: AbortSignal): Promise<void> {
  const deadline = session.clock.now() + writeTime.back
  const before = await readRoutes(session, deadline, signal)
  const { objects } = session.routing.view(before, session.scope)
  const home = session.held?.home ?? ''
  const routes: RouteChange =
    objects.length > 0 ? putBack(heldState(session)) : await pinChange(session, signal)
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

function putBack({ restore, everywhere }: ReleaseState): RouteChange {
  return { kind: 'put-back', restore, ...(everywhere ? { everywhere } : {}) }
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
