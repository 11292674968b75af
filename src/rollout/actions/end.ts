import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { Decision } from '../decision/decision-input.ts'
import type { Ending } from '../ending.ts'
import { ending } from '../ending.ts'
import { stepCounts } from '../evidence/step-counts.ts'
import { announcePromotion } from '../lifecycle/target-lease.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState } from '../state/writer.ts'
import { cleanUpDestinations } from './destination-cleanup.ts'
import { recordFailedRequests } from './failed-requests.ts'
import { endPreTraffic } from './pre-traffic.ts'
import { rollBackTraffic } from './roll-back.ts'
import { endStep, shareChange } from './step.ts'
import { cleanUpWorkloads } from './workload-cleanup.ts'

type Of<Kind extends Decision['do']> = Extract<Decision, { do: Kind }>

/** promote gives the canary everything, and removes what no version needs any more. */
export async function promote(
  session: Session,
  memory: LoopMemory,
  { reason, cause, verdict }: Of<'promote'>,
  signal: AbortSignal,
): Promise<Ending> {
  endStep(session, memory, verdict)
  const { preTraffic } = heldState(session)
  if (preTraffic) await endPreTraffic(session, memory, preTraffic.kind, signal)
  const routes = shareChange(session, 100)
  const write = () =>
    applyState(session, (state, now) => transitions.promoted(state, reason, now), { routes }, signal)
  await announcePromotion(session, write, signal)
  await cleanUpDestinations(session, signal)
  if (heldState(session).workload !== undefined) await cleanUpWorkloads(session)
  const result = heldState(session).stable === null ? 'initialized' : 'promoted'
  return ending(result, reason, cause, verdict)
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
  const canaryFails = failingShare(session, memory)
  endStep(session, memory, verdict)
  const waitFor = session.settings.capacityTimeout
  const result = await rollBackTraffic(session, { reason, canaryFails, waitFor, watch: signal }, signal)
  if (result.kind === 'rolled-back') {
    await recordFailedRequests(session, memory, signal)
    const { elsewhere, sight } = result
    return { ...ending('rolled-back', reason, cause, verdict), elsewhere, sight }
  }
  const { shortage } = result
  return ending('unsafe', 'stable-unavailable', { kind: 'stable-shortage', shortage, reason, cause }, verdict)
}

/** Share of the canary's requests that failed in the step in force; null where none was counted. */
function failingShare(session: Session, memory: LoopMemory): number | null {
  const { canary } = stepCounts(heldState(session), memory.assessment?.polls ?? [])
  return canary.total > 0 ? canary.bad / canary.total : null
}
