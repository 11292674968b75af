import type { Settings } from '../../release/settings.ts'
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
  const text =
    kind === 'preview' ? testersText(preview) : `${mirror}% of the requests are copied to the canary`
  session.record({ type: 'phase', phase: kind, text })
  memory.snapshot = null
}

function testersText(preview: Settings['preview']): string {
  if (preview === undefined) return ''
  const by = 'header' in preview ? `header ${preview.header}` : `cookie ${preview.cookie}`
  return `requests with the ${by}: ${preview.value} reach the canary`
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
  session.record({ type: 'phase', phase: `${kind}-ended`, text: `the ${kind} was taken out of the routes` })
  memory.snapshot = null
  memory.counts = null
  memory.assessment = null
  await session.clock.sleep(settleMin, signal)
}
