import type { Settings } from '../release/settings.ts'
import type { PreTrafficKind } from '../release/state/state.ts'
import { writePatience } from './deeds.ts'
import type { Session } from './session.ts'
import { stateOf } from './session.ts'
import { trialBegun, trialEnded, trialEndPlan, trialPlan } from './trial.ts'
import type { Watch } from './watch.ts'
import { perform } from './writer.ts'

/** beginTrial lets testers or copies of requests reach the canary. */
export async function beginTrial(
  session: Session,
  watch: Watch,
  kind: PreTrafficKind,
  signal: AbortSignal,
): Promise<void> {
  const until = session.clock.now() + writePatience
  const next = (now: number) => trialBegun(stateOf(session), kind, now)
  const plan = trialPlan(kind, session.settings)
  await perform(session, { next, plan, way: 'up', dryRun: true, until }, signal)
  const { preview, mirror } = session.settings
  const text =
    kind === 'preview' ? testersText(preview) : `${mirror} % of the requests are copied to the canary`
  session.record({ type: 'phase', phase: kind, text })
  watch.snapshot = null
}

function testersText(preview: Settings['preview']): string {
  if (preview === undefined) return ''
  const by = 'header' in preview ? `header ${preview.header}` : `cookie ${preview.cookie}`
  return `requests with the ${by}: ${preview.value} reach the canary`
}

/** endTrial takes a trial out of the routes and lets the proxies forget it, so that no later count sees it. */
export async function endTrial(
  session: Session,
  watch: Watch,
  kind: PreTrafficKind,
  signal: AbortSignal,
): Promise<void> {
  const until = session.clock.now() + writePatience
  const next = (now: number) => trialEnded(stateOf(session), session.settings.capacityTimeout, now)
  await perform(session, { next, plan: trialEndPlan(kind), way: 'up', dryRun: false, until }, signal)
  session.record({ type: 'phase', phase: `${kind}-ended`, text: `the ${kind} was taken out of the routes` })
  watch.snapshot = null
  watch.counts = null
  watch.assessment = null
  await session.clock.sleep(session.settings.settleMin, signal)
}
