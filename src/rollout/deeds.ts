import type { Verdict } from '../release/verdict.ts'
import { planAnnotations, planStep, stickyAt } from '../routing/istio/routing.ts'
import * as journal from './journal.ts'
import type { Session } from './session.ts'
import { stateOf } from './session.ts'
import { stepCounts } from './step-counts.ts'
import { stickyWish } from './sticky.ts'
import type { Watch } from './watch.ts'
import type { perform } from './writer.ts'

/** How long a write that moves traffic up, or only a state, may be tried (ms). */
export const writePatience = 60_000

/** AimPlan plans one change of the routes, with the annotations that go with it. */
export type AimPlan = Parameters<typeof perform>[1]['plan']

/** onlyAnnotations changes the state alone. */
export const onlyAnnotations: AimPlan = (snapshot, _pair, annotations) =>
  planAnnotations(snapshot, annotations)

/** toShare gives the canary a share in percent, and keeps users on it where that was asked for. */
export function toShare(session: Session, weight: number): AimPlan {
  const keep = stickyWish(session.settings, session.scope.service, stateOf(session).id)
  return (snapshot, pair, annotations) =>
    planStep(snapshot, pair, weight, annotations, stickyAt(keep, weight))
}

/** closeStep writes down in state and record how the step in force ended. The next write carries it. */
export function closeStep(session: Session, watch: Watch, verdict: Verdict | null): void {
  const held = session.held
  if (!held) return
  const entry = journal.currentEntry(held.state)
  if (!entry || entry.end) return
  const said = verdict ?? watch.assessment?.verdict ?? { verdict: 'continue' as const, reason: 'collecting' }
  const counts = stepCounts(held.state, watch.assessment?.polls ?? [])
  session.held = { ...held, state: journal.stepEnded(held.state, session.clock.now(), said, counts) }
  session.record({
    type: 'step-end',
    step: held.state.step,
    verdict: said.verdict,
    reason: said.reason,
    text: '',
  })
}
