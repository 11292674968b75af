import type { ReleaseState } from '../../release/state/state.ts'
import type { Decision, DecisionInput } from './decision-input.ts'

/** A share is as written when it is this close: integers on the user's own scale are exact, floats are not. */
const shareTolerance = 1e-6

/** After this many restores the release is paused: two writers that overwrite each other end nowhere. */
const mostRestores = 3

/** decideOnDrift says what to do about a share that is not the release's: somebody else's routes are left alone while nothing proves harm, unless the settings say otherwise. */
export function decideOnDrift({
  state,
  routedShare: asked,
  settings,
  changedBy,
}: DecisionInput): Decision | null {
  if (state.weight <= 0 || !asked) return null
  if (!isDrift(asked, state.weight)) return null
  const drift = { routed: asked, weight: state.weight, changedBy: changedBy ?? null }
  const restored = state.driftRestores ?? 0
  if (settings.onDrift === 'restore' && restored < mostRestores) return { do: 'restore', drift }
  if (settings.onDrift === 'adopt') {
    const adopted = adoption(state, asked)
    if (adopted) return { do: 'adopt', ...adopted, drift }
  }
  const cause = {
    kind: 'drift' as const,
    drift,
    restored: settings.onDrift === 'restore' ? restored : null,
  }
  return { do: 'pause', reason: 'drift', cause, verdict: null }
}

/** isDrift tells whether the routes ask for another share than the release set (percent). */
export function isDrift({ min, max }: NonNullable<DecisionInput['routedShare']>, weight: number): boolean {
  return Math.max(Math.abs(min - weight / 100), Math.abs(max - weight / 100)) > shareTolerance
}

/**
 * adoption is the share to go on from, and the last step that it has reached: one share on every route, above 0 and
 * not above the release's own. The next step is the one above it, and takes a pass like every other.
 */
function adoption(
  state: ReleaseState,
  { min, max }: NonNullable<DecisionInput['routedShare']>,
): { weight: number; step: number } | null {
  const weight = Math.round(max * 1e8) / 1e6
  if (max - min > shareTolerance || weight <= 0 || weight > state.weight) return null
  return { weight, step: state.steps.findLastIndex((step) => step <= weight) }
}
