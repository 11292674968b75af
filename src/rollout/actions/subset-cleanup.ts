import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { planSubsetRemoval, type RouteModel } from '../../routing/istio/routing.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import { applyRoutes, writeTime } from '../state/writer.ts'

/** Earlier versions whose subsets stay where the settings don't say. */
const usualRetention = 1

/** createdSubsets lists the subsets that are ours: those of earlier releases that still exist, and the ones to make. */
export function createdSubsets(
  earlier: readonly string[],
  { subsets }: Pick<RouteModel, 'subsets'>,
  pair: readonly string[],
): string[] {
  const exists = (name: string) => subsets.some((subset) => subset.name === name)
  return [...new Set([...earlier.filter(exists), ...pair.filter((name) => !exists(name))])]
}

/** unneededSubsets gives the subsets of ours that no version needs any more which serves, or which may be returned to. */
export function unneededSubsets(state: ReleaseState, retain: number = usualRetention): string[] {
  const versions = state.history.filter((entry) => !entry.rolledBack).slice(0, retain + 1)
  const kept = new Set([
    state.canary.subset,
    ...(state.stable === null ? [] : [state.stable.subset]),
    ...versions.map((entry) => entry.subset),
  ])
  return (state.createdSubsets ?? []).filter((subset) => !kept.has(subset))
}

/**
 * cleanUpSubsets removes the subsets of ours that are outlived, each only where no rule and no mirror of any VirtualService
 * names it. The promotion stands whatever becomes of it.
 */
export async function cleanUpSubsets(session: Session, signal: AbortSignal): Promise<void> {
  for (const subset of unneededSubsets(heldState(session), session.settings.retain)) {
    try {
      const deadline = session.clock.now() + writeTime.optional
      const plan = (snapshot: Parameters<typeof planSubsetRemoval>[0]) =>
        planSubsetRemoval(snapshot, session.scope, subset)
      await applyRoutes(session, plan, { dryRun: true, deadline }, signal)
    } catch (error) {
      // Still named by somebody, or not everything could be read: it stays, and the next promotion looks again.
      if (isFailure(error, 'refused')) continue
      const text = `The subset ${subset} of an earlier release could not be removed: ${sentenceOf(error)}`
      session.record({ type: 'warning', code: 'subset-kept', text })
    }
  }
}
