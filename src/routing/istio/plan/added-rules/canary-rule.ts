import type { Json, JsonObject } from '../../../../release/kubernetes.ts'
import { copyOf, isObject } from '../../../json-patch.ts'
import type { Pair } from '../../model/pair.ts'
import { listAt } from '../../model/rule.ts'
import { entriesOn, type PairRoute } from '../../model/sides.ts'
import { withDestination } from '../route-edit.ts'

/**
 * canaryRule makes the rule that sends the requests of a route that fit `headers` too to the canary, with the
 * route's own match, rewrite, timeout, retries and headers. Copies of requests are left to the route itself.
 */
export function canaryRule(route: PairRoute, pair: Pair, name: string, headers: JsonObject): JsonObject {
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
  const entry = withDestination(route.entries[model]?.body ?? {}, pair.canary)
  const matches = Array.isArray(match) && match.length > 0 ? match : [{}]
  return {
    name,
    match: matches.map((base): Json => {
      const own = isObject(base) && isObject(base.headers) ? base.headers : {}
      return { ...(isObject(base) ? base : {}), headers: { ...own, ...headers } }
    }),
    ...inherited,
    route: [{ ...entry, weight: 100 }],
  }
}

/** matchesHeader tells whether a route looks at a header (lower case) itself, so that no second look fits beside it. */
export function matchesHeader(route: PairRoute, name: string): boolean {
  return listAt(route.rule.body, 'match').some(
    (match) =>
      isObject(match) &&
      isObject(match.headers) &&
      Object.keys(match.headers).some((key) => key.toLowerCase() === name),
  )
}

/** cookieCondition is the match of requests that carry a cookie with exactly a value. */
export function cookieCondition(name: string, value: string): JsonObject {
  const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return { cookie: { regex: `^(.*;\\s*)?${escaped(name)}=${escaped(value)}(;.*)?$` } }
}
