import type { ReasonCode } from '../../release/outcome/reasons.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { RouteChange } from '../../routing/routing.ts'
import type { Decision } from '../decision/decision-input.ts'
import type { Ending } from '../ending.ts'
import { ending } from '../ending.ts'
import { stepCounts } from '../evidence/step-counts.ts'
import { announcePromotion } from '../lifecycle/target-lease.ts'
import { recordSlowRequests } from '../loop/latency-watch.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as takeovers from '../state/takeover-transitions.ts'
import * as transitions from '../state/transitions.ts'
import { applyState } from '../state/writer.ts'
import { drainTime, removeLeft } from './canary/canary.ts'
import { beginTakeover } from './canary/takeover.ts'
import { noteReturned } from './canary/track.ts'
import { cleanUpWorkloads } from './canary/workload-cleanup.ts'
import { cleanUpDestinations } from './destination-cleanup.ts'
import { recordFailedRequests } from './failed-requests.ts'
import { endPreTraffic } from './pre-traffic.ts'
import { provePromotion } from './promotion-proof.ts'
import { rollBackTraffic } from './roll-back/roll-back.ts'
import { endStep, shareChange } from './step.ts'

/** How long removing a temporary canary may take (ms, real). */
const removalTime = 20_000

type Of<Kind extends Decision['do']> = Extract<Decision, { do: Kind }>

/** promote gives the canary everything, and removes what no version needs any more. */
export async function promote(
  session: Session,
  memory: LoopMemory,
  { reason, cause, verdict }: Of<'promote'>,
  signal: AbortSignal,
): Promise<Ending | null> {
  endStep(session, memory, verdict)
  const { preTraffic, workload } = heldState(session)
  if (preTraffic) await endPreTraffic(session, memory, preTraffic.kind, signal)
  const inPlace = takeoverOf(heldState(session))
  if (workload?.inPlace !== undefined && inPlace === null) {
    await beginTakeover(session, reason, signal)
    return null
  }
  const routes = shareChange(session, 100)
  if (inPlace !== null) return finishTakeover(session, routes, signal)
  const write = () =>
    applyState(session, (state, now) => transitions.promoted(state, reason, now), { routes }, signal)
  const { weight } = heldState(session)
  await announcePromotion(session, write, signal)
  const { harm, ...seen } = await provePromotion(
    session,
    { writtenAt: session.clock.now(), moved: weight < 100 },
    signal,
  )
  if (harm) return notReached(seen.elsewhere)
  await cleanUpDestinations(session, signal)
  if (heldState(session).workload !== undefined) await cleanUpWorkloads(session)
  const result = heldState(session).stable === null ? 'initialized' : 'promoted'
  return { ...ending(result, reason, cause, verdict), ...seen }
}

/** What was left is needed yet where not everybody reaches the version that has everything: nothing is removed. */
function notReached(stray: readonly string[]): Ending {
  return ending('unsafe', 'not-reached', { kind: 'failure', sentence: stray.join(' ') })
}

/** finishTakeover ends a release whose image stable's own Deployment serves, and removes the temporary canary. */
async function finishTakeover(session: Session, routes: RouteChange, signal: AbortSignal): Promise<Ending> {
  if (heldState(session).weight < 100)
    await applyState(session, (state) => ({ ...state, weight: 100 }), { routes }, signal)
  // Both versions of the end are one Deployment: its routes are written by then.
  const returns = heldState(session).unjudged !== undefined
  const end = returns ? takeovers.returnedInPlace : takeovers.promotedInPlace
  const write = () => applyState(session, end, {}, signal)
  await (returns ? write() : announcePromotion(session, write, signal))
  // It is promoted: whatever stops the run now, nothing of that is to be put back.
  const { settleMin } = session.settings
  const drain = await drainTime(session, AbortSignal.timeout(removalTime))
  const rest = AbortSignal.timeout(settleMin + drain + removalTime)
  await session.clock.sleep(settleMin + drain, rest)
  const { harm, elsewhere } = await provePromotion(session, { writtenAt: 0, moved: false }, rest)
  if (harm) return notReached(elsewhere)
  if ((await removeLeft(session, rest)) !== null) await noteReturned(session, rest)
  const reason = heldState(session).reason as ReasonCode
  return { ...ending(returns ? 'rolled-back' : 'promoted', reason, null), elsewhere }
}

/** pause holds the release where it is. */
export async function pause(
  session: Session,
  memory: LoopMemory,
  { reason, cause, verdict }: Of<'pause'>,
  signal: AbortSignal,
): Promise<Ending> {
  const held = heldState(session)
  if (held.phase === 'paused') return ending('paused', held.reason as ReasonCode, cause, verdict)
  endStep(session, memory, verdict)
  await applyState(session, (state, now) => transitions.paused(state, reason, now), {}, signal)
  return ending('paused', reason, cause, verdict)
}

/** stopUnsafe ends where nothing serves that traffic could go back to: nothing is moved, a person must act. */
export async function stopUnsafe(
  session: Session,
  memory: LoopMemory,
  { reason, cause, verdict }: Of<'stop-unsafe'>,
  signal: AbortSignal,
): Promise<Ending> {
  endStep(session, memory, verdict)
  await applyState(
    session,
    (state, now) =>
      state.stable === null
        ? transitions.promoted(state, reason, now)
        : transitions.paused(state, reason, now),
    {},
    signal,
  )
  return ending('unsafe', reason, cause, verdict)
}

/** rollBack puts all traffic on stable. */
export async function rollBack(
  session: Session,
  memory: LoopMemory,
  { reason, cause, verdict }: Of<'roll-back'>,
  signal: AbortSignal,
): Promise<Ending> {
  const inPlace = takeoverOf(heldState(session))
  if (inPlace !== null) return returnToCanary(session, memory, { reason, cause, verdict }, signal)
  const canaryFails = failingShare(session, memory)
  endStep(session, memory, verdict)
  const waitFor = session.settings.capacityTimeout
  const result = await rollBackTraffic(session, { reason, canaryFails, waitFor, watch: signal }, signal)
  if (result.kind === 'rolled-back') {
    await recordFailedRequests(session, memory, signal)
    if (memory.outage === null) await recordSlowRequests(session, memory, signal)
    const { elsewhere, sight } = result
    return { ...ending('rolled-back', reason, cause, verdict), elsewhere, sight }
  }
  if (result.kind === 'held') return ending('in-progress', 'takeover-failed', cause, verdict)
  const { shortage } = result
  return ending('unsafe', 'stable-unavailable', { kind: 'stable-shortage', shortage, reason, cause }, verdict)
}

/** New pods that fail, or never come, leave the traffic with the canary that every step has passed. */
async function returnToCanary(
  session: Session,
  memory: LoopMemory,
  { reason, cause, verdict }: Pick<Of<'roll-back'>, 'reason' | 'cause' | 'verdict'>,
  signal: AbortSignal,
): Promise<Ending> {
  const canaryFails = failingShare(session, memory)
  const waitFor = session.settings.capacityTimeout
  const why = { reason: 'takeover-failed' as const, canaryFails, waitFor, watch: signal }
  const result = await rollBackTraffic(session, why, signal)
  const led = { kind: 'takeover' as const, reason, cause }
  if (result.kind !== 'unavailable') return ending('in-progress', 'takeover-failed', led, verdict)
  const { shortage } = result
  return ending('unsafe', 'stable-unavailable', { kind: 'stable-shortage', shortage, reason, cause }, verdict)
}

/** Share of the canary's requests that failed in the step in force; null where none was counted. */
function failingShare(session: Session, memory: LoopMemory): number | null {
  const { canary } = stepCounts(heldState(session), memory.assessment?.polls ?? [])
  return canary.total > 0 ? canary.bad / canary.total : null
}
