import type { RoutingSnapshot } from '../release/kubernetes.ts'
import { divideAll } from './divide-all.ts'
import { type Fraction, shareOf, whole } from './fraction.ts'
import { scopeHost } from './host.ts'
import type { Pair } from './pair.ts'
import { type AnnotationChanges, type Plan, type Problem, problem, refusal } from './plan.ts'
import { removePreviews } from './preview.ts'
import { primaryOf } from './primary.ts'
import { pairRoutes } from './sides.ts'
import { understand } from './understanding.ts'
import { mistakesOf } from './validate.ts'
import { type Edits, withAnnotations, writesOf } from './write.ts'

/**
 * planShift gives the canary `percent` (0–100, at most six decimals) of the pair's own share of every route, on
 * the user's own scale. Throws `invalid-input` for another percent.
 */
export function planShift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  percent: number,
  annotations: AnnotationChanges = {},
): Plan {
  return shift(
    snapshot,
    pair,
    shareOf(percent),
    `${percent} % of ${pair.service} to ${pair.canary.subset}`,
    annotations,
  )
}

/** planPromote gives the canary the pair's whole share and stable an explicit 0. */
export function planPromote(
  snapshot: RoutingSnapshot,
  pair: Pair,
  annotations: AnnotationChanges = {},
): Plan {
  return shift(snapshot, pair, whole, `all of ${pair.service} to ${pair.canary.subset}`, annotations)
}

function shift(
  snapshot: RoutingSnapshot,
  pair: Pair,
  share: Fraction,
  words: string,
  annotations: AnnotationChanges,
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
  const writes = writesOf(edits, primaryOf(routes, pair))
  const unsound = mistakesOf(snapshot, writes)
  if (unsound.length > 0) return refusal(...unsound)
  return { ok: true, writes, warnings: divided.warnings }
}

function noRoute(pair: Pair): Problem {
  return problem(
    'SG-no-route',
    null,
    `No VirtualService divides the traffic of ${scopeHost(pair)} between ${pair.stable.subset} and ${pair.canary.subset}.`,
    'Pin the routes first (command “pin”).',
  )
}
