import { takeoverOf } from '../../release/state/takeover.ts'
import type { Verdict } from '../../release/verdict.ts'
import { stickyAt } from '../../routing/release-plan.ts'
import type { RouteChange } from '../../routing/routing.ts'
import { stepCounts } from '../evidence/step-counts.ts'
import type { LoopMemory } from '../loop/memory.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { stickyOptions } from '../sticky.ts'

/** shareChange gives the canary a share in percent, and keeps users on it where that was asked for. */
export function shareChange(session: Session, percent: number): RouteChange {
  const state = heldState(session)
  // Who met the version keeps it on either side of a take-over.
  if (takeoverOf(state) !== null) return { kind: 'share', percent, sticky: null }
  const sticky = stickyOptions(session.settings, session.scope.service, state.id)
  return { kind: 'share', percent, sticky: stickyAt(sticky, percent) }
}

/** endStep writes down in state and record how the step in force ended. The next write carries it. */
export function endStep(session: Session, memory: LoopMemory, verdict: Verdict | null): void {
  const held = session.held
  if (!held) return
  const entry = transitions.currentStep(held.state)
  if (!entry || entry.end) return
  const ending = verdict ??
    memory.assessment?.verdict ?? { verdict: 'continue' as const, reason: 'collecting' }
  const counts = stepCounts(held.state, memory.assessment?.polls ?? [])
  session.held = { ...held, state: transitions.stepEnded(held.state, session.clock.now(), ending, counts) }
  if (takeoverOf(held.state) !== null) return
  session.record({
    type: 'step-end',
    step: held.state.step,
    verdict: ending.verdict,
    reason: ending.reason,
    text: '',
  })
}
