import { type RoutingSnapshot, refText } from '../release/kubernetes.ts'
import { inForce, type SubsetView } from './destination-rule.ts'
import { type Aim, divide } from './division.ts'
import { isOwnRule } from './own-rules.ts'
import { byHost, type Pair } from './pair.ts'
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
    problems.push(...versionless(route, pair, subsets))
    if (!route.divided) {
      warnings.push(...leftAlone(route, pair))
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

/**
 * Traffic to a subset that selects no version can't be told to be stable's or not: where a route has nothing else of
 * the host, or the subset selects every pod, the canary could get it unseen.
 */
function versionless(route: PairRoute, pair: Pair, subsets: readonly SubsetView[]): Problem[] {
  if (byHost(pair) || !route.selected) return []
  return route.entries.flatMap(({ index, subset }) => {
    const known = subsets.find(({ name }) => name === subset)
    if (route.onHost[index] !== true || known === undefined || known.version !== null) return []
    const everything = Object.keys(known.labels).length === 0
    if ((route.weights[index] ?? 0) === 0 || (route.divided && !everything)) return []
    return [
      problem(
        'SG-subset-without-version',
        refText(refOf(route.object)),
        `Its ${ruleText(route.rule)} sends traffic to subset “${known.name}” of ${refText(known.object)}, whose labels name no version: whether the canary’s pods are among its pods can’t be told.`,
        'Let the subset select one version by the label “version”.',
      ),
    ]
  })
}

/** leftAlone says that a route goes to the canary's version only and is none of the pair's. */
export function leftAlone(route: PairRoute, pair: Pair): Problem[] {
  if (!route.sides.includes('canary') || isOwnRule(route.rule, pair)) return []
  return [
    problem(
      'SG-left-alone',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} sends only requests that match to the canary’s version and none to stable’s: it stays as it is.`,
    ),
  ]
}
