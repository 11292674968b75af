import { type RoutingSnapshot, refText } from '../release/kubernetes.ts'
import { inForce } from './destination-rule.ts'
import { type Aim, divide } from './division.ts'
import type { Pair } from './pair.ts'
import { type Problem, problem } from './plan.ts'
import { refOf, ruleText } from './rule.ts'
import { type PairRoute, pairRoutes } from './sides.ts'
import { type Edits, gather } from './write.ts'

/** divideAll gathers the edits of every divided route for one aim; `words` says it for people. */
export function divideAll(
  snapshot: RoutingSnapshot,
  pair: Pair,
  aim: Aim,
  edits: Edits,
  words: string,
): { problems: Problem[]; warnings: Problem[] } {
  const { subsets } = inForce(snapshot, pair)
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const route of pairRoutes(snapshot, pair)) {
    if (!route.divided) {
      warnings.push(...leftAlone(route))
      continue
    }
    const result = divide(route, pair, subsets, aim)
    if (!result.ok) problems.push(result.problem)
    else {
      warnings.push(...result.warnings)
      if (result.edit !== null) gather(edits, route.object, result.edit, words)
    }
  }
  return { problems, warnings }
}

function leftAlone(route: PairRoute): Problem[] {
  if (!route.sides.includes('canary')) return []
  return [
    problem(
      'SG-left-alone',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} sends only requests that match to the canary’s version and none to stable’s: it stays as it is.`,
    ),
  ]
}
