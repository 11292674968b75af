import { type RoutingSnapshot, refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import { effectiveDestinationRules, type Subset } from '../model/destination-rule.ts'
import { byHost, type Pair } from '../model/pair.ts'
import { refOf, ruleText } from '../model/rule.ts'
import { type PairRoute, pairRoutes } from '../model/sides.ts'
import { addEdit, type Edits } from './edits.ts'
import { isManagedRule } from './managed-rules.ts'
import { splitRoute, type TargetSplit } from './split-route.ts'

/** splitRoutes gathers the edits of every divided route for one aim; `words` says it for people. */
export function splitRoutes(
  snapshot: RoutingSnapshot,
  pair: Pair,
  aim: TargetSplit,
  edits: Edits,
  words: string,
): { problems: Problem[]; warnings: Problem[] } {
  const { subsets } = effectiveDestinationRules(snapshot, pair)
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const route of pairRoutes(snapshot, pair)) {
    problems.push(...versionless(route, pair, subsets))
    if (!route.split) {
      warnings.push(...canaryOnlyWarnings(route, pair))
      continue
    }
    const result = splitRoute(route, pair, subsets, aim)
    if (!result.ok) problems.push(result.problem)
    else {
      warnings.push(...result.warnings)
      if (result.edit !== null) addEdit(edits, route.object, result.edit, words)
    }
  }
  return { problems, warnings }
}

/**
 * Traffic to a subset that selects no version can't be told to be stable's or not: where a route has nothing else of
 * the host, or the subset selects every pod, the canary could get it unseen.
 */
function versionless(route: PairRoute, pair: Pair, subsets: readonly Subset[]): Problem[] {
  if (byHost(pair) || !route.selected) return []
  return route.entries.flatMap(({ index, subset }) => {
    const known = subsets.find(({ name }) => name === subset)
    if (route.onHost[index] !== true || known === undefined || known.version !== null) return []
    const everything = Object.keys(known.labels).length === 0
    if ((route.weights[index] ?? 0) === 0 || (route.split && !everything)) return []
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

/** canaryOnlyWarnings says that a route goes to the canary's version only and is none of the pair's. */
export function canaryOnlyWarnings(route: PairRoute, pair: Pair): Problem[] {
  if (!route.sides.includes('canary') || isManagedRule(route.rule, pair)) return []
  return [
    problem(
      'SG-left-alone',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} sends only requests that match to the canary’s version and none to stable’s: it stays as it is.`,
    ),
  ]
}
