import type { Settings } from '../../release/settings.ts'
import type { PreTrafficKind } from '../../release/state/state.ts'
import type { LoopMemory } from '../loop/observation.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import {
  planPreTraffic,
  planPreTrafficEnd,
  preTrafficEnded,
  preTrafficStarted,
} from '../state/pre-traffic-phase.ts'
import { applyRouteChange } from '../state/writer.ts'
import { writePatience } from './step.ts'

/** startPreTraffic lets testers or copies of requests reach the canary. */
export async function startPreTraffic(
  session: Session,
  memory: LoopMemory,
  kind: PreTrafficKind,
  signal: AbortSignal,
): Promise<void> {
  const until = session.clock.now() + writePatience
  const next = (now: number) => preTrafficStarted(heldState(session), kind, now)
  const plan = planPreTraffic(kind, session.settings)
  await applyRouteChange(session, { next, plan, direction: 'up', dryRun: true, until }, signal)
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

/** endPreTraffic takes a trial out of the routes and lets the proxies forget it, so that no later count sees it. */
export async function endPreTraffic(
  session: Session,
  memory: LoopMemory,
  kind: PreTrafficKind,
  signal: AbortSignal,
): Promise<void> {
  const until = session.clock.now() + writePatience
  const next = (now: number) => preTrafficEnded(heldState(session), session.settings.capacityTimeout, now)
  await applyRouteChange(
    session,
    { next, plan: planPreTrafficEnd(kind), direction: 'up', dryRun: false, until },
    signal,
  )
  session.record({ type: 'phase', phase: `${kind}-ended`, text: `the ${kind} was taken out of the routes` })
  memory.snapshot = null
  memory.counts = null
  memory.assessment = null
  await session.clock.sleep(session.settings.settleMin, signal)
}
