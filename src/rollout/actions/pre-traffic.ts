import type { PreTrafficKind } from '../../release/state/state.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import {
  preTrafficChange,
  preTrafficEndChange,
  preTrafficEnded,
  preTrafficStarted,
} from '../state/pre-traffic-phase.ts'
import { applyState } from '../state/writer.ts'

/** startPreTraffic lets testers or copies of requests reach the canary before it has any weight. */
export async function startPreTraffic(
  session: Session,
  memory: LoopMemory,
  kind: PreTrafficKind,
  signal: AbortSignal,
): Promise<void> {
  await applyState(
    session,
    (state, now) => preTrafficStarted(state, kind, now),
    { routes: preTrafficChange(kind, session.settings, heldState(session).restore), dryRun: true },
    signal,
  )
  const { preview, mirror } = session.settings
  if (kind === 'mirror') session.record({ type: 'phase', phase: kind, percent: mirror ?? 0 })
  else if (preview !== undefined) session.record({ type: 'phase', phase: kind, testers: preview })
  memory.snapshot = null
}

/** endPreTraffic takes a phase out of the routes and waits until the proxies forget it, so that no later count sees it. */
export async function endPreTraffic(
  session: Session,
  memory: LoopMemory,
  kind: PreTrafficKind,
  signal: AbortSignal,
): Promise<void> {
  const { capacityTimeout, settleMin } = session.settings
  await applyState(
    session,
    (state, now) => preTrafficEnded(state, capacityTimeout, now),
    { routes: preTrafficEndChange(kind) },
    signal,
  )
  session.record({ type: 'phase', phase: `${kind}-ended` })
  memory.snapshot = null
  memory.counts = null
  memory.assessment = null
  await session.clock.sleep(settleMin, signal)
}
