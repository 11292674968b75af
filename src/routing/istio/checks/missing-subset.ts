import { type Problem, problem } from '../../problem.ts'
import { effectiveDestinationRules } from '../model/destination-rule.ts'
import { scopeHost } from '../model/host.ts'
import { byHost, type Pair } from '../model/pair.ts'
import type { RoutingSnapshot } from '../snapshot.ts'

/** missingSubsetProblems says that a side of the pair has no subset in force. Sides with a Service of their own need none. */
export function missingSubsetProblems(
  snapshot: RoutingSnapshot,
  pair: Pair,
  side: 'stable' | 'canary',
): Problem[] {
  const { subset } = pair[side]
  if (byHost(pair) || effectiveDestinationRules(snapshot, pair).subsets.some(({ name }) => name === subset))
    return []
  return [
    problem(
      'IST0101',
      null,
      `No DestinationRule in force for ${scopeHost(pair)} has the subset “${subset}”: every request to it would fail with 503.`,
      'Write the subsets first.',
    ),
  ]
}
