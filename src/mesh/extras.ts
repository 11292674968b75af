import {
  type Json,
  type JsonObject,
  type JsonPatchOperation,
  type KubeObject,
  type RoutingSnapshot,
  refText,
} from '../release/kubernetes.ts'
import { inForce } from './destination-rule.ts'
import { fqdn, scopeHost } from './host.ts'
import { copyOf, isObject, pointer, sameJson } from './json-patch.ts'
import { byHost, type Pair, type Scope } from './pair.ts'
import { type AnnotationChanges, type Plan, type Problem, problem, refusal } from './plan.ts'
import { type RouteEdit, towards } from './route-edit.ts'
import { listAt, refOf, ruleText, textAt } from './rule.ts'
import { entriesOn, type PairRoute, pairRoutes } from './sides.ts'
import { understand } from './understanding.ts'
import { type Edits, gather, withAnnotations, writesOf } from './write.ts'

/** Testers are the requests that reach the canary before it has any weight: a header, or a cookie, with a value. */
export type Testers = { header: string; value: string } | { cookie: string; value: string }

/** previewName names the rules that a preview puts in: by it they are found and taken out again. */
export function previewName(scope: Scope): string {
  return `shiftgate-preview-${scope.service}-${scope.namespace}`
}

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
  const { problems: blocked } = understand(snapshot, pair)
  if (blocked.length > 0) return refusal(...blocked)
  const routes = divided(snapshot, pair)
  const unfit = [
    ...routes.flatMap((route) => clash(route, testers)),
    ...subsetMissing(snapshot, pair),
    ...noHttp(routes, pair),
  ]
  if (unfit.length > 0) return refusal(...unfit)
  const edits: Edits = new Map()
  for (const object of new Set(routes.map((route) => route.object))) {
    const own = routes.filter((route) => route.object === object)
    gather(
      edits,
      object,
      insertion(object, own, pair, testers),
      `testers of ${pair.service} to ${pair.canary.subset}`,
    )
  }
  return finished(snapshot, pair, edits, annotations)
}

/** planPreviewEnd takes the rules of a preview out again. */
export function planPreviewEnd(
  snapshot: RoutingSnapshot,
  pair: Pair,
  annotations: AnnotationChanges = {},
): Plan {
  const edits: Edits = new Map()
  removePreviews(snapshot, pair, edits)
  return finished(snapshot, pair, edits, annotations)
}

/** removePreviews gathers the removal of a preview's rules. It comes after edits of destinations: indices hold. */
export function removePreviews(snapshot: RoutingSnapshot, scope: Scope, edits: Edits): void {
  for (const object of snapshot.virtualServices) {
    const edit = removal(object, scope)
    if (edit.changes.length > 0) gather(edits, object, edit, 'preview removed')
  }
}

function previews(object: KubeObject, scope: Scope): number[] {
  return listAt(object.spec, 'http').flatMap((rule, index) =>
    textAt(rule, 'name') === previewName(scope) ? [index] : [],
  )
}

function removal(object: KubeObject, scope: Scope): RouteEdit {
  const indices = previews(object, scope)
  return {
    tests: indices.map((index) => ({
      op: 'test',
      path: pointer('spec', 'http', index, 'name'),
      value: previewName(scope),
    })),
    changes: [...indices].reverse().map((index) => ({ op: 'remove', path: pointer('spec', 'http', index) })),
  }
}

/** From the last rule to the first: what is put in or taken out moves only rules that are done. */
function insertion(
  object: KubeObject,
  routes: readonly PairRoute[],
  pair: Pair,
  testers: Testers,
): RouteEdit {
  const old = previews(object, pair)
  const fresh = new Map(routes.map((route) => [route.rule.index, previewRule(route, pair, testers)]))
  const last = [...fresh.keys()].sort((left, right) => left - right)
  const current = old.map((index) => listAt(object.spec, 'http')[index])
  if (
    old.length === last.length &&
    last.every((index, at) => sameJson(current[at], fresh.get(index)) && old[at] === index - 1)
  )
    return { tests: [], changes: [] }
  const tests: JsonPatchOperation[] = [
    ...removal(object, pair).tests,
    ...routes.map(
      ({ rule }): JsonPatchOperation => ({
        op: 'test',
        path: `${rule.pointer}/route`,
        value: rule.body.route ?? null,
      }),
    ),
  ]
  const changes: JsonPatchOperation[] = []
  for (let index = listAt(object.spec, 'http').length - 1; index >= 0; index -= 1) {
    const rule = fresh.get(index)
    if (rule !== undefined) changes.push({ op: 'add', path: pointer('spec', 'http', index), value: rule })
    else if (old.includes(index)) changes.push({ op: 'remove', path: pointer('spec', 'http', index) })
  }
  return { tests, changes }
}

function previewRule(route: PairRoute, pair: Pair, testers: Testers): JsonObject {
  const {
    match,
    route: _,
    name: __,
    mirror,
    mirrors,
    mirrorPercent,
    mirrorPercentage,
    ...inherited
  } = copyOf(route.rule.body)
  const [model = 0] = entriesOn(route, 'canary', 'stable', 'bare')
  const entry = towards(route.entries[model]?.body ?? {}, pair.canary)
  const condition = conditionOf(testers)
  const matches = Array.isArray(match) && match.length > 0 ? match : [{}]
  return {
    name: previewName(pair),
    match: matches.map((base): Json => {
      const headers = isObject(base) && isObject(base.headers) ? base.headers : {}
      return { ...(isObject(base) ? base : {}), headers: { ...headers, ...condition } }
    }),
    ...inherited,
    route: [{ ...entry, weight: 100 }],
  }
}

function conditionOf(testers: Testers): JsonObject {
  if ('header' in testers) return { [testers.header.toLowerCase()]: { exact: testers.value } }
  const plain = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return { cookie: { regex: `^(.*;\\s*)?${plain(testers.cookie)}=${plain(testers.value)}(;.*)?$` } }
}

function clash(route: PairRoute, testers: Testers): Problem[] {
  const name = 'header' in testers ? testers.header.toLowerCase() : 'cookie'
  const taken = listAt(route.rule.body, 'match').some(
    (match) => isObject(match) && isObject(match.headers) && Object.hasOwn(match.headers, name),
  )
  if (!taken) return []
  return [
    problem(
      'SG-preview-clash',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} matches the header “${name}” already: testers can’t be told by it as well.`,
      'Tell testers by another header.',
    ),
  ]
}

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
  const { problems: blocked } = understand(snapshot, pair)
  const unfit =
    percent === 0
      ? []
      : [...blocked, ...subsetMissing(snapshot, pair), ...noHttp(divided(snapshot, pair), pair)]
  if (unfit.length > 0) return refusal(...unfit)
  const edits: Edits = new Map()
  const problems: Problem[] = []
  for (const route of divided(snapshot, pair)) {
    const mirrors = listAt(route.rule.body, 'mirrors')
    const own = mirrors.findIndex((mirror) => isOurMirror(mirror, pair))
    const foreign = mirrors.some((mirror, index) => index !== own && reaches(mirror, route, pair))
    if (percent > 0 && (foreign || route.rule.body.mirror !== undefined)) problems.push(mirrorTaken(route))
    else
      gather(
        edits,
        route.object,
        mirrorEdit(route, mirrors, own, pair, percent),
        percent > 0 ? `${percent} % mirrored to ${pair.canary.subset}` : 'mirror removed',
      )
  }
  if (problems.length > 0) return refusal(...problems)
  return finished(snapshot, pair, edits, annotations)
}

/** removeMirrors gathers the removal of our mirrors. */
export function removeMirrors(snapshot: RoutingSnapshot, pair: Pair, edits: Edits): void {
  for (const route of divided(snapshot, pair)) {
    const mirrors = listAt(route.rule.body, 'mirrors')
    const own = mirrors.findIndex((mirror) => isOurMirror(mirror, pair))
    if (own >= 0) gather(edits, route.object, mirrorEdit(route, mirrors, own, pair, 0), 'mirror removed')
  }
}

/** hasOwnMirrors tells whether somebody mirrors to the canary in our shape before we did: those must stay. */
export function hasOwnMirrors(snapshot: RoutingSnapshot, pair: Pair): boolean {
  return divided(snapshot, pair).some((route) =>
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

function divided(snapshot: RoutingSnapshot, pair: Pair): PairRoute[] {
  return pairRoutes(snapshot, pair).filter((route) => route.divided && route.rule.protocol === 'http')
}

function noHttp(routes: readonly PairRoute[], pair: Pair): Problem[] {
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

function subsetMissing(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  if (byHost(pair) || inForce(snapshot, pair).subsets.some(({ name }) => name === pair.canary.subset))
    return []
  return [
    problem(
      'IST0101',
      null,
      `No DestinationRule in force for ${scopeHost(pair)} has the subset “${pair.canary.subset}”: every request to it would fail with 503.`,
      'Write the subsets first.',
    ),
  ]
}

function finished(snapshot: RoutingSnapshot, pair: Pair, edits: Edits, annotations: AnnotationChanges): Plan {
  const problems = withAnnotations(snapshot, edits, annotations)
  if (problems.length > 0) return refusal(...problems)
  const { primary } = understand(snapshot, pair)
  return { ok: true, writes: writesOf(edits, primary), warnings: [] }
}
