import type { JsonObject, JsonPatchOperation, KubeObject } from '../../../../release/kubernetes.ts'
import { refText } from '../../../../release/kubernetes.ts'
import { type Problem, problem } from '../../../problem.ts'
import { missingSubsetProblems } from '../../checks/missing-subset.ts'
import type { Pair, Scope } from '../../model/pair.ts'
import { refOf, ruleText } from '../../model/rule.ts'
import type { PairRoute } from '../../model/sides.ts'
import { buildRouteModel } from '../../route-model.ts'
import type { RoutingSnapshot } from '../../snapshot.ts'
import { addEdit, type Edits } from '../edits.ts'
import { noHttpRoute, splitHttpRoutes, toPlan } from '../http-plan.ts'
import { type AnnotationChanges, type Plan, refusal } from '../plan.ts'
import type { RouteEdit } from '../route-edit.ts'
import { canaryRule, cookieCondition, matchesHeader } from './canary-rule.ts'
import { placeRules, previewName, removeRules } from './managed-rules.ts'

/** Testers are the requests that reach the canary before it has any weight: a header, or a cookie, with a value. */
export type Testers = { header: string; value: string } | { cookie: string; value: string }

/**
 * planPreview puts a rule before each divided http route, with the route's own match, rewrite, timeout, retries
 * and headers, that sends testers to the canary. Rules of an earlier preview are replaced.
 */
export function planPreview(
  snapshot: RoutingSnapshot,
  pair: Pair,
  testers: Testers,
  annotations: AnnotationChanges = {},
): Plan {
  const { problems: blocked } = buildRouteModel(snapshot, pair)
  if (blocked.length > 0) return refusal(...blocked)
  const routes = splitHttpRoutes(snapshot, pair)
  const unfit = [
    ...routes.flatMap((route) => clash(route, testers)),
    ...missingSubsetProblems(snapshot, pair, 'canary'),
    ...noHttpRoute(routes, pair),
  ]
  if (unfit.length > 0) return refusal(...unfit)
  const edits: Edits = new Map()
  for (const object of new Set(routes.map((route) => route.object))) {
    const own = routes.filter((route) => route.object === object)
    addEdit(
      edits,
      object,
      insertion(object, own, pair, testers),
      `testers of ${pair.service} to ${pair.canary.subset}`,
    )
  }
  return toPlan(snapshot, pair, edits, annotations)
}

/** planPreviewEnd takes the rules of a preview out again. */
export function planPreviewEnd(
  snapshot: RoutingSnapshot,
  pair: Pair,
  annotations: AnnotationChanges = {},
): Plan {
  const edits: Edits = new Map()
  removePreviews(snapshot, pair, edits)
  return toPlan(snapshot, pair, edits, annotations)
}

/** removePreviews gathers the removal of a preview's rules. It comes after edits of destinations: indices hold. */
export function removePreviews(snapshot: RoutingSnapshot, scope: Scope, edits: Edits): void {
  for (const object of snapshot.virtualServices) {
    const edit = removeRules(object, previewName(scope))
    if (edit.changes.length > 0) addEdit(edits, object, edit, 'preview removed')
  }
}

function insertion(
  object: KubeObject,
  routes: readonly PairRoute[],
  pair: Pair,
  testers: Testers,
): RouteEdit {
  const name = previewName(pair)
  const condition = conditionOf(testers)
  const fresh = new Map(
    routes.map((route) => [route.rule.index, canaryRule(route, pair, name, condition)] as const),
  )
  const tests = routes.map(
    ({ rule }): JsonPatchOperation => ({
      op: 'test',
      path: `${rule.pointer}/route`,
      value: rule.body.route ?? null,
    }),
  )
  return placeRules(object, name, fresh, tests)
}

function conditionOf(testers: Testers): JsonObject {
  if ('header' in testers) return { [testers.header.toLowerCase()]: { exact: testers.value } }
  return cookieCondition(testers.cookie, testers.value)
}

function clash(route: PairRoute, testers: Testers): Problem[] {
  const name = 'header' in testers ? testers.header.toLowerCase() : 'cookie'
  if (!matchesHeader(route, name)) return []
  return [
    problem(
      'SG-preview-clash',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} matches the header “${name}” already: testers can’t be told by it as well.`,
      'Tell testers by another header.',
    ),
  ]
}
