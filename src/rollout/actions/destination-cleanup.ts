import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import type { RouteView } from '../../routing/routing.ts'
import type { Session } from '../session.ts'
import { heldState, pairOf } from '../session.ts'
import { applyRoutes, writeTime } from '../state/writer.ts'

/** usualRetention is how many earlier versions stay where the settings don't say. */
export const usualRetention = 1

/** createdDestinations lists those that are ours: of earlier releases, as far as they exist, and the ones to make. */
export function createdDestinations(
  earlier: readonly string[],
  { destinations }: Pick<RouteView, 'destinations'>,
  creates: readonly string[],
): string[] {
  return [...new Set([...earlier.filter((name) => destinations.includes(name)), ...creates])]
}

/** unneededDestinations gives those of ours that select no version which serves, or which may be returned to. */
export function unneededDestinations(state: ReleaseState, retain: number = usualRetention): string[] {
  const versions = state.history.filter((entry) => !entry.rolledBack).slice(0, retain + 1)
  const kept = new Set([
    state.canary.destination,
    ...(state.stable === null ? [] : [state.stable.destination]),
    ...versions.map(({ destination }) => destination),
  ])
  return (state.createdDestinations ?? []).filter((name) => !kept.has(name))
}

/**
 * cleanUpDestinations removes the destinations of ours that are no longer needed, each only where no rule names it. The
 * promotion stands whatever becomes of it.
 */
export async function cleanUpDestinations(session: Session, signal: AbortSignal): Promise<void> {
  const state = heldState(session)
  for (const destination of unneededDestinations(state, session.settings.retain)) {
    try {
      const deadline = session.clock.now() + writeTime.optional
      const change = { kind: 'clean-up' as const, destination }
      await applyRoutes(session, pairOf(session.scope, state), change, { dryRun: true, deadline }, signal)
    } catch (error) {
      // Still named by somebody, or not everything could be read: it stays, and the next promotion looks again.
      if (isFailure(error, 'refused')) continue
      const details = { destination, error: sentenceOf(error) }
      session.record({ type: 'warning', code: 'destination-kept', details })
    }
  }
}
