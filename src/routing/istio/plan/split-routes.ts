import { refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import { effectiveDestinationRules, type Subset, selectedVersions } from '../model/destination-rule.ts'
import { byHost, type Pair } from '../model/pair.ts'
import { refOf, ruleText } from '../model/rule.ts'
import { type PairRoute, pairRoutes } from '../model/sides.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { isManagedRule } from './added-rules/managed-rules.ts'
import { addEdit, type Edits } from './edits.ts'
import { splitRoute, type TargetSplit } from './split-route.ts'

/** splitRoutes gathers the edits of every divided route for one target split; `words` says it for people. */
export function splitRoutes(
  snapshot: RoutingSnapshot,
  pair: Pair,
  target: TargetSplit,
  edits: Edits,
  words: string,
): { problems: Problem[]; warnings: Problem[] } {
  const { subsets } = effectiveDestinationRules(snapshot, pair)
  const problems: Problem[] = []
  const warnings: Problem[] = []
  for (const route of pairRoutes(snapshot, pair)) {
    const unknown = versionless(route, pair, subsets)
    problems.push(...unknown.problems)
    warnings.push(...unknown.warnings)
    if (!route.split) {
      warnings.push(...canaryOnlyWarnings(route, pair))
      continue
    }
    const result = splitRoute(route, pair, subsets, target)
    if (!result.ok) problems.push(result.problem)
    else {
      warnings.push(...result.warnings)
      if (result.edit !== null) addEdit(edits, route.object, result.edit, words)
    }
  }
  return { problems, warnings }
}

/**
 * Traffic to a subset that selects no version can't be told to be stable's or not. It stands in the way where the
 * subset selects pods of several versions; where no pod of ours has its labels it is none of the pair's business.
 * Where nobody could be asked, as for files, a reader is told.
 */
function versionless(
  route: PairRoute,
  pair: Pair,
  subsets: readonly Subset[],
): { problems: Problem[]; warnings: Problem[] } {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  if (byHost(pair) || !route.selected) return { problems, warnings }
  for (const known of withoutVersion(route, subsets)) {
    const found = versionlessProblem(route, known)
    if (Object.keys(known.labels).length === 0) problems.push(found)
    else if (route.split) continue
    else if (pair.versions === undefined) warnings.push(found)
    else if (selectedVersions(known.labels, pair).length > 0) problems.push(found)
  }
  return { problems, warnings }
}

/** withoutVersion gives the subsets of the host that a route sends traffic to and that name no version. */
function withoutVersion({ entries, onHost, weights }: PairRoute, subsets: readonly Subset[]): Subset[] {
  return entries
    .filter(({ index }) => onHost[index] === true && (weights[index] ?? 0) !== 0)
    .map(({ subset }) => subsets.find(({ name }) => name === subset))
    .filter((known) => known !== undefined)
    .filter(({ version }) => version === null)
}

function versionlessProblem(route: PairRoute, subset: Subset): Problem {
  return problem(
    'SG-subset-without-version',
    refText(refOf(route.object)),
    `Its ${ruleText(route.rule)} sends traffic to subset “${subset.name}” of ${refText(subset.object)}, whose labels name no version: whether the canary’s pods are among its pods can’t be told.`,
    'Let the subset select one version by the label “version”.',
  )
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
