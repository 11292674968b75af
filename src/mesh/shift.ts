import type { RoutingSnapshot } from '../release/kubernetes.ts'
import { divideAll } from './divide-all.ts'
import { type Fraction, shareOf, whole } from './fraction.ts'
import { scopeHost } from './host.ts'
import type { Pair } from './pair.ts'
import { type AnnotationChanges, type Plan, type Problem, problem, refusal } from './plan.ts'
import { removePreviews } from './preview.ts'
import { primaryOf } from './primary.ts'
import { pairRoutes } from './sides.ts'
import { after } from './snapshot.ts'
import { stickyEdits, stickyProblems, stickyWarnings } from './sticky.ts'
import type { Sticky } from './sticky-cookie.ts'
import { understand } from './understanding.ts'
import { mistakesOf } from './validate.ts'
import { type Edits, followed, withAnnotations, writesOf } from './write.ts'

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
    `${percent} % of ${pair.service} to ${pair.canary.subset}`,
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
  return shift(snapshot, pair, whole, `all of ${pair.service} to ${pair.canary.subset}`, annotations, null)
}

function shift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  share: Fraction,
  words: string,
  annotations: AnnotationChanges,
  sticky: Sticky | null,
): Plan {
  const { problems: blocked } = understand(snapshot, pair)
  if (blocked.length > 0) return refusal(...blocked)
  const routes = pairRoutes(snapshot, pair)
  if (!routes.some((route) => route.divided)) return refusal(noRoute(pair))
  const edits: Edits = new Map()
  const divided = divideAll(snapshot, pair, { share, introduce: true, ours: [] }, edits, words)
  if (share.over === share.under) removePreviews(snapshot, pair, edits)
  const problems = [...divided.problems, ...withAnnotations(snapshot, edits, annotations)]
  if (problems.length > 0) return refusal(...problems)
  const primary = primaryOf(routes, pair)
  const shifted = writesOf(edits, primary)
  const kept = keeping(after(snapshot, shifted), pair, sticky)
  if (kept.problems.length > 0) return refusal(...kept.problems)
  const writes = followed(shifted, kept.edits, primary)
  const unsound = mistakesOf(snapshot, writes)
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
