import type { ReleaseState } from '../../release/state/state.ts'
import { formatPercent } from '../../release/text/figures.ts'
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
  const seen =
    asked.max - asked.min <= shareTolerance
      ? `${formatPercent(asked.max)}`
      : `${formatPercent(asked.min)} to ${formatPercent(asked.max)}`
  const what = `somebody changed the routes: they give the canary ${seen}, the release had set ${state.weight}%${changedBy ? ` (${changedBy})` : ''}`
  const restored = state.driftRestores ?? 0
  if (settings.onDrift === 'restore' && restored < mostRestores) return { do: 'restore', text: what }
  if (settings.onDrift === 'adopt') {
    const adopted = adoption(state, asked)
    if (adopted) return { do: 'adopt', ...adopted, text: what }
  }
  const so =
    settings.onDrift === 'restore'
      ? `They were put back ${restored} times already`
      : 'Nothing was overwritten'
  return {
    do: 'pause',
    reason: 'drift',
    text: `${what}. ${so}; put the routes right before the release goes on`,
    verdict: null,
  }
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
