import type { RoutingSnapshot } from '../release/kubernetes.ts'
import { scopeHost } from './host.ts'
import type { Pair } from './pair.ts'
import { type AnnotationChanges, type Plan, type Problem, problem, refusal } from './plan.ts'
import { type PairRoute, pairRoutes } from './sides.ts'
import { understand } from './understanding.ts'
import { type Edits, withAnnotations, writesOf } from './write.ts'

/** dividedHttp lists the http routes between whose versions a pair's traffic is divided. */
export function dividedHttp(snapshot: RoutingSnapshot, pair: Pair): PairRoute[] {
  return pairRoutes(snapshot, pair).filter((route) => route.divided && route.rule.protocol === 'http')
}

/** noHttp says that there is no such route. */
export function noHttp(routes: readonly PairRoute[], pair: Pair): Problem[] {
  if (routes.length > 0) return []
  return [
    problem(
      'SG-no-route',
      null,
      `No http route divides the traffic of ${scopeHost(pair)}.`,
      'Pin the routes first (command “pin”).',
    ),
  ]
}

/** finished turns gathered edits and annotation changes into a plan. */
export function finished(
  snapshot: RoutingSnapshot,
  pair: Pair,
  edits: Edits,
  annotations: AnnotationChanges,
): Plan {
  const problems = withAnnotations(snapshot, edits, annotations)
  if (problems.length > 0) return refusal(...problems)
  const { primary } = understand(snapshot, pair)
  return { ok: true, writes: writesOf(edits, primary), warnings: [] }
}
