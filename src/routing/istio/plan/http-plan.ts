import { type Problem, problem } from '../../problem.ts'
import { scopeHost } from '../model/host.ts'
import type { Pair } from '../model/pair.ts'
import { type PairRoute, pairRoutes } from '../model/sides.ts'
import { buildRouteModel } from '../route-model.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { addAnnotationEdits, type Edits, toWrites } from './edits.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'

/** splitHttpRoutes lists the http routes between whose versions a pair's traffic is divided. */
export function splitHttpRoutes(snapshot: RoutingSnapshot, pair: Pair): PairRoute[] {
  return pairRoutes(snapshot, pair).filter((route) => route.split && route.rule.protocol === 'http')
}

/** noHttpRoute says that there is no such route. */
export function noHttpRoute(routes: readonly PairRoute[], pair: Pair): Problem[] {
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

/** toPlan turns gathered edits and annotation changes into a plan. */
export function toPlan(
  snapshot: RoutingSnapshot,
  pair: Pair,
  edits: Edits,
  annotations: AnnotationChanges,
): Plan {
  const problems = addAnnotationEdits(snapshot, edits, annotations)
  if (problems.length > 0) return refusal(...problems)
  const { primary } = buildRouteModel(snapshot, pair)
  return { ok: true, writes: toWrites(edits, primary), warnings: [] }
}
