import type { Json, JsonObject, KubeObject, ObjectRef } from '../../../release/kubernetes.ts'
import { isObject, pointer } from '../../json-patch.ts'

export type Protocol = 'http' | 'tls' | 'tcp'
export const protocols = ['http', 'tls', 'tcp'] as const

/** Rule is one entry of a VirtualService's `http`, `tls` or `tcp`. */
export interface Rule {
  protocol: Protocol
  index: number
  /** `/spec/http/0`. */
  pointer: string
  name: string | null
  body: JsonObject
  /** false: an earlier rule without a match takes everything, this one is never reached. */
  live: boolean
}

/** Entry is one weighted destination of a rule. */
export interface Entry {
  index: number
  /** `/spec/http/0/route/1`. */
  pointer: string
  body: JsonObject
  /** As written. */
  host: string
  subset: string | null
  /** As written; null where omitted. */
  weight: number | null
}

/** refOf names a routing object. */
export function refOf(object: KubeObject): ObjectRef {
  return {
    kind: object.kind,
    namespace: object.metadata.namespace ?? 'default',
    name: object.metadata.name,
  }
}

/** listAt gives a list member of a JSON object; an empty list where there is none. */
export function listAt(object: Json | undefined, key: string): Json[] {
  const value = isObject(object) ? object[key] : undefined
  return Array.isArray(value) ? value : []
}

/** textAt gives a text member of a JSON object, null where there is none. */
export function textAt(object: Json | undefined, key: string): string | null {
  const value = isObject(object) ? object[key] : undefined
  return typeof value === 'string' ? value : null
}

/** textsAt gives the texts of a list member. */
export function textsAt(object: Json | undefined, key: string): string[] {
  return listAt(object, key).filter((item): item is string => typeof item === 'string')
}

/** rulesOf lists the rules of a VirtualService in the order in which they are tried, a protocol at a time. */
export function rulesOf(object: KubeObject): Rule[] {
  return protocols.flatMap((protocol) => {
    let live = true
    return listAt(object.spec, protocol).flatMap((body, index) => {
      if (!isObject(body)) return []
      const rule = {
        protocol,
        index,
        pointer: pointer('spec', protocol, index),
        name: textAt(body, 'name'),
        body,
        live,
      }
      if (protocol !== 'tls' && takesAll(body)) live = false
      return [rule]
    })
  })
}

/** takesAll tells whether a rule has no match, or one that is empty: no later rule of its kind is reached. */
export function takesAll(rule: JsonObject): boolean {
  const matches = listAt(rule, 'match')
  return matches.length === 0 || matches.some((match) => isObject(match) && Object.keys(match).length === 0)
}

/** What chooses the proxies that get a rule, not the requests that it takes. */
const placing = new Set(['gateways', 'port', 'sourceLabels', 'sourceNamespace', 'name'])

/** isBase tells whether a rule takes requests whatever they look like, at least on some proxies or ports. */
export function isBase(rule: JsonObject): boolean {
  if (takesAll(rule)) return true
  return listAt(rule, 'match').some(
    (match) => isObject(match) && Object.keys(match).every((key) => placing.has(key)),
  )
}

/** entriesOf lists a rule's weighted destinations. */
export function entriesOf(rule: Rule): Entry[] {
  return listAt(rule.body, 'route').flatMap((body, index) => {
    if (!isObject(body)) return []
    const destination = body.destination
    const weight = body.weight
    return [
      {
        index,
        pointer: `${rule.pointer}/route/${index}`,
        body,
        host: textAt(destination, 'host') ?? '',
        subset: textAt(destination, 'subset') || null,
        weight: typeof weight === 'number' ? weight : null,
      },
    ]
  })
}

/** malformed says why a rule's weights can't be understood; null when they can. */
export function malformed(rule: Rule): string | null {
  const route = rule.body.route
  if (!Array.isArray(route)) return 'its route is not a list'
  return route.map(malformedEntry).find((why) => why !== null) ?? null
}

function malformedEntry(entry: Json): string | null {
  if (!isObject(entry) || !isObject(entry.destination)) return 'a destination is empty'
  if (textAt(entry.destination, 'host') === null) return 'a destination has no host'
  const { weight } = entry
  if (weight === undefined || weight === null) return null
  if (typeof weight !== 'number' || !Number.isSafeInteger(weight)) return 'a weight is not a whole number'
  if (weight < 0) return 'a weight is negative'
  return weight > 2_147_483_647 ? 'a weight is larger than 2147483647' : null
}

/**
 * weightsOf gives the weights in force: a single destination gets everything whatever it says (its own weight
 * where that is positive, else 100), an omitted weight beside others is 0.
 */
export function weightsOf(entries: readonly Entry[]): number[] {
  const [only] = entries
  if (entries.length === 1 && only !== undefined)
    return [only.weight !== null && only.weight > 0 ? only.weight : 100]
  return entries.map((entry) => entry.weight ?? 0)
}

/** ruleText names a rule for people: `http route “primary” (#1)`. */
export function ruleText(rule: Pick<Rule, 'protocol' | 'index' | 'name'>): string {
  return rule.name === null
    ? `${rule.protocol} route #${rule.index}`
    : `${rule.protocol} route “${rule.name}” (#${rule.index})`
}
