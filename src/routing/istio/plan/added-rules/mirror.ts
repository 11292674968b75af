import type { Json, JsonObject, JsonPatchOperation } from '../../../../release/kubernetes.ts'
import { refText } from '../../../../release/kubernetes.ts'
import { isObject, pointer, sameJson } from '../../../json-patch.ts'
import { type Problem, problem } from '../../../problem.ts'
import { missingSubsetProblems } from '../../checks/missing-subset.ts'
import { fqdn, scopeHost } from '../../model/host.ts'
import type { Pair } from '../../model/pair.ts'
import { listAt, refOf, ruleText, textAt } from '../../model/rule.ts'
import type { PairRoute } from '../../model/sides.ts'
import { buildRouteModel } from '../../route-model.ts'
import type { RoutingSnapshot } from '../../snapshot.ts'
import { addEdit, type Edits } from '../edits.ts'
import { noHttpRoute, splitHttpRoutes, toPlan } from '../http-plan.ts'
import { type AnnotationChanges, type Plan, refusal } from '../plan.ts'
import type { RouteEdit } from '../route-edit.ts'

/**
 * planMirror mirrors `percent` (above 0, at most 100) of the requests of each divided http route to the canary,
 * whose answers nobody gets; 0 ends it. Refused where a route has mirrors of its own to the canary, or the older
 * single `mirror`.
 */
export function planMirror(
  snapshot: RoutingSnapshot,
  pair: Pair,
  percent: number,
  annotations: AnnotationChanges = {},
): Plan {
  const { problems: blocked } = buildRouteModel(snapshot, pair)
  const unfit =
    percent === 0
      ? []
      : [
          ...blocked,
          ...missingSubsetProblems(snapshot, pair, 'canary'),
          ...noHttpRoute(splitHttpRoutes(snapshot, pair), pair),
        ]
  if (unfit.length > 0) return refusal(...unfit)
  const edits: Edits = new Map()
  const problems: Problem[] = []
  for (const route of splitHttpRoutes(snapshot, pair)) {
    const mirrors = listAt(route.rule.body, 'mirrors')
    const own = mirrors.findIndex((mirror) => isOurMirror(mirror, pair))
    const foreign = mirrors.some((mirror, index) => index !== own && reaches(mirror, route, pair))
    if (percent > 0 && (foreign || route.rule.body.mirror !== undefined)) problems.push(mirrorTaken(route))
    else
      addEdit(
        edits,
        route.object,
        mirrorEdit(route, mirrors, own, pair, percent),
        percent > 0 ? `${percent}% mirrored to ${pair.canary.subset}` : 'mirror removed',
      )
  }
  if (problems.length > 0) return refusal(...problems)
  return toPlan(snapshot, pair, edits, annotations)
}

/** removeMirrors gathers the removal of our mirrors. */
export function removeMirrors(snapshot: RoutingSnapshot, pair: Pair, edits: Edits): void {
  for (const route of splitHttpRoutes(snapshot, pair)) {
    const mirrors = listAt(route.rule.body, 'mirrors')
    const own = mirrors.findIndex((mirror) => isOurMirror(mirror, pair))
    if (own >= 0) addEdit(edits, route.object, mirrorEdit(route, mirrors, own, pair, 0), 'mirror removed')
  }
}

/** hasOwnMirrors tells whether somebody mirrors to the canary in our shape before we did: those must stay. */
export function hasOwnMirrors(snapshot: RoutingSnapshot, pair: Pair): boolean {
  return splitHttpRoutes(snapshot, pair).some((route) =>
    listAt(route.rule.body, 'mirrors').some((mirror) => isOurMirror(mirror, pair)),
  )
}

function mirrorEdit(
  route: PairRoute,
  mirrors: readonly Json[],
  own: number,
  pair: Pair,
  percent: number,
): RouteEdit {
  const path = `${route.rule.pointer}/mirrors`
  const value: Json = { destination: canaryTarget(pair), percentage: { value: percent } }
  const now = mirrors[own]
  if (now !== undefined) {
    const test: JsonPatchOperation = { op: 'test', path: path + pointer(own), value: now }
    if (percent > 0)
      return sameJson(now, value)
        ? { tests: [], changes: [] }
        : { tests: [test], changes: [{ op: 'replace', path: path + pointer(own), value }] }
    return {
      tests: [test],
      changes: [{ op: 'remove', path: mirrors.length === 1 ? path : path + pointer(own) }],
    }
  }
  if (percent === 0) return { tests: [], changes: [] }
  const tests: JsonPatchOperation[] = [
    { op: 'test', path: `${route.rule.pointer}/route`, value: route.rule.body.route ?? null },
  ]
  return Array.isArray(route.rule.body.mirrors)
    ? { tests, changes: [{ op: 'add', path: `${path}/-`, value }] }
    : { tests, changes: [{ op: 'add', path, value: [value] }] }
}

function canaryTarget(pair: Pair): JsonObject {
  const { host, subset } = pair.canary
  return host === undefined ? { host: scopeHost(pair), subset } : { host }
}

function isOurMirror(mirror: Json, pair: Pair): boolean {
  return isObject(mirror) && sameJson(mirror.destination, canaryTarget(pair))
}

function reaches(mirror: Json, route: PairRoute, pair: Pair): boolean {
  const target = isObject(mirror) ? mirror.destination : undefined
  const host = fqdn(textAt(target, 'host') ?? '', refOf(route.object).namespace, pair.clusterDomain)
  const wanted = canaryTarget(pair)
  return host === wanted.host && (textAt(target, 'subset') ?? null) === (wanted.subset ?? null)
}

function mirrorTaken(route: PairRoute): Problem {
  return problem(
    'SG-mirror-taken',
    refText(refOf(route.object)),
    `Its ${ruleText(route.rule)} mirrors requests already, in a way that leaves no place for another mirror.`,
    'Remove that mirror, or leave the mirror step out.',
  )
}
