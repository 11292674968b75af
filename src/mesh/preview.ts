import type {
  Json,
  JsonObject,
  JsonPatchOperation,
  KubeObject,
  RoutingSnapshot,
} from '../release/kubernetes.ts'
import { refText } from '../release/kubernetes.ts'
import { dividedHttp, finished, noHttp } from './extra-plan.ts'
import { copyOf, isObject, pointer, sameJson } from './json-patch.ts'
import { missingSubset } from './missing-subset.ts'
import type { Pair, Scope } from './pair.ts'
import { type AnnotationChanges, type Plan, type Problem, problem, refusal } from './plan.ts'
import { previewName } from './preview-name.ts'
import { type RouteEdit, towards } from './route-edit.ts'
import { listAt, refOf, ruleText, textAt } from './rule.ts'
import { entriesOn, type PairRoute } from './sides.ts'
import { understand } from './understanding.ts'
import { type Edits, gather } from './write.ts'

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
  const { problems: blocked } = understand(snapshot, pair)
  if (blocked.length > 0) return refusal(...blocked)
  const routes = dividedHttp(snapshot, pair)
  const unfit = [
    ...routes.flatMap((route) => clash(route, testers)),
    ...missingSubset(snapshot, pair, 'canary'),
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
