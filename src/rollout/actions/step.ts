import type { Verdict } from '../../release/verdict.ts'
import { planStep, stickyAt } from '../../routing/istio/routing.ts'
import { stepCounts } from '../evidence/step-counts.ts'
import type { LoopMemory } from '../loop/observation.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as journal from '../state/transitions.ts'
import type { RoutePlanner } from '../state/writer.ts'
import { stickyOptions } from '../sticky.ts'

/** planShare gives the canary a share in percent, and keeps users on it where that was asked for. */
export function planShare(session: Session, weight: number): RoutePlanner {
  const keep = stickyOptions(session.settings, session.scope.service, heldState(session).id)
  return (snapshot, pair, annotations) =>
    planStep(snapshot, pair, weight, annotations, stickyAt(keep, weight))
}

/** endStep writes down in state and record how the step in force ended. The next write carries it. */
export function endStep(session: Session, memory: LoopMemory, verdict: Verdict | null): void {
  const held = session.held
  if (!held) return
  const entry = journal.currentStep(held.state)
  if (!entry || entry.end) return
  const said = verdict ?? memory.assessment?.verdict ?? { verdict: 'continue' as const, reason: 'collecting' }
  const counts = stepCounts(held.state, memory.assessment?.polls ?? [])
  session.held = { ...held, state: journal.stepEnded(held.state, session.clock.now(), said, counts) }
  session.record({
    type: 'step-end',
    step: held.state.step,
    verdict: said.verdict,
    reason: said.reason,
    text: '',
  })
}
