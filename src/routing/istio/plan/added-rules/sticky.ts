import type { Json, JsonObject, JsonPatchOperation, KubeObject } from '../../../../release/kubernetes.ts'
import { refText } from '../../../../release/kubernetes.ts'
import { isObject, sameJson } from '../../../json-patch.ts'
import { type Problem, problem } from '../../../problem.ts'
import type { Pair } from '../../model/pair.ts'
import { type Entry, entriesOf, listAt, refOf, rulesOf, ruleText } from '../../model/rule.ts'
import { entriesOn, type PairRoute, pairRoutes } from '../../model/sides.ts'
import type { RoutingSnapshot } from '../../snapshot.ts'
import { addEdit, type Edits } from '../edits.ts'
import { splitHttpRoutes } from '../http-plan.ts'
import type { RouteEdit } from '../route-edit.ts'
import { canaryRule, cookieCondition, matchesHeader } from './canary-rule.ts'
import { isManagedRule, placeRules, stickyName } from './managed-rules.ts'
import {
  cookieObstacle,
  cookieOf,
  cookieText,
  cookieValue,
  type Sticky,
  withCookie,
  withoutCookie,
} from './sticky-cookie.ts'

/**
 * stickyEdits gathers what keeps users on the canary: its destination on each divided http route sets a cookie, and
 * a rule before that route sends those who carry it to the canary. `sticky` null takes both out of every route.
 */
export function stickyEdits(
  snapshot: RoutingSnapshot,
  pair: Pair,
  sticky: Sticky | null,
  edits: Edits,
): void {
  const divided = sticky === null ? [] : splitHttpRoutes(snapshot, pair)
  for (const object of snapshot.virtualServices) {
    const routes = divided.filter((route) => refText(refOf(route.object)) === refText(refOf(object)))
    const parts = [...cookieEdits(object, routes, pair, sticky), ruleEdit(object, routes, pair, sticky)]
    for (const edit of parts.filter(({ changes }) => changes.length > 0)) {
      addEdit(edits, object, edit, sticky === null ? 'no user kept any more' : 'users kept on the canary')
    }
  }
}

/** stickyProblems says why users can't be kept on a route's canary. */
export function stickyProblems(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  return splitHttpRoutes(snapshot, pair).flatMap((route) => {
    const own = canaryEntries(route)
      .filter(({ body }) => cookieOf(pair, body) === null)
      .flatMap(({ body }) => cookieObstacle(body) ?? [])
    const why = matchesHeader(route, 'cookie') ? 'it matches the header “cookie” already' : own[0]
    if (why === undefined) return []
    return [
      problem(
        'SG-sticky-clash',
        refText(refOf(route.object)),
        `In its ${ruleText(route.rule)} the canary can’t be given a cookie that keeps users: ${why}.`,
        'Change that rule, pick other rules (“routes”), or leave “sticky” out.',
      ),
    ]
  })
}

/** stickyWarnings names the divided routes on which nobody is kept: they know no cookies. */
export function stickyWarnings(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  return pairRoutes(snapshot, pair)
    .filter(({ split: divided, rule }) => divided && rule.protocol !== 'http')
    .map((route) =>
      problem(
        'SG-sticky-connections',
        refText(refOf(route.object)),
        `Its ${ruleText(route.rule)} divides connections, which carry no cookies: there nobody is kept on a version.`,
      ),
    )
}

function cookieEdits(
  object: KubeObject,
  routes: readonly PairRoute[],
  pair: Pair,
  sticky: Sticky | null,
): RouteEdit[] {
  const keeping = new Set(routes.flatMap((route) => canaryEntries(route).map(({ pointer }) => pointer)))
  return rulesOf(object)
    .filter((rule) => rule.protocol === 'http' && !isManagedRule(rule, pair))
    .flatMap((rule) => entriesOf(rule))
    .map((entry) =>
      headersEdit(
        entry,
        sticky !== null && keeping.has(entry.pointer)
          ? withCookie(entry.body, cookieText(pair, sticky))
          : withoutCookie(pair, entry.body),
      ),
    )
}

function headersEdit(entry: Entry, { headers }: JsonObject): RouteEdit {
  const before = entry.body.headers
  if (sameJson(before, headers)) return { tests: [], changes: [] }
  const path = `${entry.pointer}/headers`
  const change: JsonPatchOperation =
    headers === undefined
      ? { op: 'remove', path }
      : { op: before === undefined ? 'add' : 'replace', path, value: headers }
  return { tests: [{ op: 'test', path: entry.pointer, value: entry.body }], changes: [change] }
}

function ruleEdit(
  object: KubeObject,
  routes: readonly PairRoute[],
  pair: Pair,
  sticky: Sticky | null,
): RouteEdit {
  const name = stickyName(pair)
  if (sticky === null) return placeRules(object, name, new Map(), [])
  const condition = cookieCondition(sticky.cookie, cookieValue(pair, sticky))
  const rule = (route: PairRoute) => renewing(canaryRule(route, pair, name, condition), pair, sticky)
  return placeRules(object, name, new Map(routes.map((route) => [route.rule.index, rule(route)])), [])
}

/** Every answer renews the cookie: its age counts from the last visit. */
function renewing(rule: JsonObject, pair: Pair, sticky: Sticky): JsonObject {
  const route = listAt(rule, 'route').map(
    (entry): Json => (isObject(entry) ? withCookie(entry, cookieText(pair, sticky)) : entry),
  )
  return { ...rule, route }
}

function canaryEntries(route: PairRoute): Entry[] {
  return entriesOn(route, 'canary').flatMap((index) => route.entries[index] ?? [])
}
