import { type Fraction, one, shareOf } from '../../fraction.ts'
import { type Problem, problem } from '../../problem.ts'
import { applyWrites } from '../model/apply-writes.ts'
import { scopeHost } from '../model/host.ts'
import type { Pair } from '../model/pair.ts'
import { primaryOf } from '../model/primary.ts'
import { pairRoutes } from '../model/sides.ts'
import { buildRouteModel } from '../route-model.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { violationsOf } from '../validate/objects.ts'
import { removePreviews } from './added-rules/preview.ts'
import { stickyEdits, stickyProblems, stickyWarnings } from './added-rules/sticky.ts'
import type { Sticky } from './added-rules/sticky-cookie.ts'
import { addAnnotationEdits, type Edits, mergeEdits, toWrites } from './edits.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'
import { splitRoutes } from './split-routes.ts'

/**
 * planShift gives the canary `percent` (0–100, at most six decimals) of the pair's own share of every route, on
 * the user's own scale; `sticky` keeps users who met it, null ends that. Throws `invalid-input` for another percent.
 */
export function planShift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  percent: number,
  annotations: AnnotationChanges = {},
  sticky: Sticky | null = null,
): Plan {
  return shift(
    snapshot,
    pair,
    shareOf(percent),
    `${percent}% of ${pair.service} to ${pair.canary.subset}`,
    annotations,
    sticky,
  )
}

/** planPromote gives the canary the pair's whole share and stable an explicit 0. */
export function planPromote(
  snapshot: RoutingSnapshot,
  pair: Pair,
  annotations: AnnotationChanges = {},
): Plan {
  return shift(snapshot, pair, one, `all of ${pair.service} to ${pair.canary.subset}`, annotations, null)
}

function shift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  share: Fraction,
  words: string,
  annotations: AnnotationChanges,
  sticky: Sticky | null,
): Plan {
  const { problems: blocked } = buildRouteModel(snapshot, pair)
  if (blocked.length > 0) return refusal(...blocked)
  const routes = pairRoutes(snapshot, pair)
  if (!routes.some((route) => route.split)) return refusal(noRoute(pair))
  const edits: Edits = new Map()
  const divided = splitRoutes(snapshot, pair, { share, introduce: true, ours: [] }, edits, words)
  if (share.numerator === share.denominator) removePreviews(snapshot, pair, edits)
  const problems = [...divided.problems, ...addAnnotationEdits(snapshot, edits, annotations)]
  if (problems.length > 0) return refusal(...problems)
  const primary = primaryOf(routes, pair)
  const shifted = toWrites(edits, primary)
  const kept = keeping(applyWrites(snapshot, shifted), pair, sticky)
  if (kept.problems.length > 0) return refusal(...kept.problems)
  const writes = mergeEdits(shifted, kept.edits, primary)
  const unsound = violationsOf(snapshot, writes)
  if (unsound.length > 0) return refusal(...unsound)
  return { ok: true, writes, warnings: [...divided.warnings, ...kept.warnings] }
}

/** keeping plans who is kept on the canary, on routes that have their weights already. */
function keeping(snapshot: RoutingSnapshot, pair: Pair, sticky: Sticky | null) {
  const edits: Edits = new Map()
  const problems = sticky === null ? [] : stickyProblems(snapshot, pair)
  if (problems.length === 0) stickyEdits(snapshot, pair, sticky, edits)
  return { edits, problems, warnings: sticky === null ? [] : stickyWarnings(snapshot, pair) }
}

function noRoute(pair: Pair): Problem {
  return problem(
    'SG-no-route',
    null,
    `No VirtualService divides the traffic of ${scopeHost(pair)} between ${pair.stable.subset} and ${pair.canary.subset}.`,
    'Pin the routes first (command “pin”).',
  )
}
