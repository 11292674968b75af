import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import { records, toRecord } from '../proxies/pod.ts'
import { exportedTo, fqdnOf, olderFirst, specificity, strings } from './hosts.ts'
import { gatewayName, isCatchAll, type MeshRequest, matches } from './route-match.ts'

/** ChosenRule is the HTTP rule that takes a request, and the namespace in which its short names are meant. */
interface ChosenRule {
  rule: JsonObject
  namespace: string
}

/** RuleChoice: a rule; `none` matched in the VirtualService of the host; or no VirtualService `applies`. */
type RuleChoice = ChosenRule | 'none' | 'unrouted'

/** chooseRule finds the rule for a request as Istio's generated config does. */
export function chooseRule(
  virtualServices: Iterable<KubeObject>,
  request: MeshRequest,
  clusterDomain: string,
): RuleChoice {
  const all = [...virtualServices]
  const rules =
    request.gateway === 'mesh' ? sidecarRules(all, request, clusterDomain) : gatewayRules(all, request)
  if (rules === null) return request.gateway === 'mesh' ? 'unrouted' : 'none'
  const resolved = rules.flatMap((entry) => withDelegate(all, entry))
  return resolved.find((entry) => matches(entry.rule, request, entry.namespace)) ?? 'none'
}

/**
 * sidecarRules gives the rules of the one VirtualService that wins the host: private ones first, then those
 * exported by name, then public ones, each by age; an exact host before a wildcard. Sidecars merge nothing.
 */
function sidecarRules(all: KubeObject[], request: MeshRequest, clusterDomain: string): ChosenRule[] | null {
  let best: { object: KubeObject; exactness: number; rank: number } | null = null
  for (const object of [...all].sort(olderFirst)) {
    const namespace = object.metadata.namespace ?? ''
    const rank = exportedTo(object, request.sourceNamespace)
    if (rank < 0 || !gatewaysOf(object).includes('mesh')) continue
    const exactness = Math.max(
      ...routeHosts(object).map((host) => specificity(fqdnOf(host, namespace, clusterDomain), request.host)),
      -1,
    )
    if (exactness < 0) continue
    if (best === null || exactness > best.exactness || (exactness === best.exactness && rank < best.rank)) {
      best = { object, exactness, rank }
    }
  }
  return best === null ? null : rulesOf(best.object)
}

/**
 * gatewayRules appends the rules of every VirtualService of the gateway for the host, the oldest first, with
 * catch-all rules moved to the end. Only the most specific host that fits counts.
 */
function gatewayRules(all: KubeObject[], request: MeshRequest): ChosenRule[] | null {
  const fitting = all
    .filter(
      (object) =>
        gatewaysOf(object).includes(request.gateway) && exportedTo(object, request.sourceNamespace) >= 0,
    )
    .map((object) => ({
      object,
      exactness: Math.max(
        ...routeHosts(object).map((host) => specificity(host.toLowerCase(), request.host)),
        -1,
      ),
    }))
    .filter((entry) => entry.exactness >= 0)
  if (fitting.length === 0) return null
  const best = Math.max(...fitting.map((entry) => entry.exactness))
  const rules = fitting
    .filter((entry) => entry.exactness === best)
    .map((entry) => entry.object)
    .sort(olderFirst)
    .flatMap(rulesOf)
  return [
    ...rules.filter((entry) => !isCatchAll(entry.rule)),
    ...rules.filter((entry) => isCatchAll(entry.rule)),
  ]
}

/** gatewaysOf gives an object's gateways as `namespace/name`; none named means the mesh. */
export function gatewaysOf(object: KubeObject): string[] {
  const names = strings(toRecord(object.spec).gateways)
  if (names.length === 0) return routeHosts(object).length === 0 ? [] : ['mesh']
  return names.map((name) => gatewayName(name, object.metadata.namespace ?? ''))
}

export function routeHosts(object: KubeObject): string[] {
  return strings(toRecord(object.spec).hosts)
}

function rulesOf(object: KubeObject): ChosenRule[] {
  const namespace = object.metadata.namespace ?? ''
  return records(toRecord(object.spec).http).map((rule) => ({ rule, namespace }))
}

/** withDelegate puts a delegate's rules in the place of a rule that names it, bound to the root's matches. */
function withDelegate(all: KubeObject[], entry: ChosenRule): ChosenRule[] {
  if (entry.rule.delegate === undefined) return [entry]
  const wanted = toRecord(entry.rule.delegate)
  const namespace = typeof wanted.namespace === 'string' ? wanted.namespace : entry.namespace
  const delegate = all.find(
    (object) =>
      object.metadata.name === wanted.name &&
      object.metadata.namespace === namespace &&
      routeHosts(object).length === 0,
  )
  if (delegate === undefined) return []
  const { delegate: _delegate, match, ...root } = entry.rule
  return rulesOf(delegate).flatMap(({ rule }) =>
    mergedMatches(records(match), records(rule.match)).map((merged) => ({
      rule: { ...root, ...rule, ...(merged === null ? {} : { match: [merged] }) },
      namespace,
    })),
  )
}

function mergedMatches(outer: JsonObject[], inner: JsonObject[]): (JsonObject | null)[] {
  if (outer.length === 0 && inner.length === 0) return [null]
  if (outer.length === 0) return inner
  if (inner.length === 0) return outer
  return outer.flatMap((left) => inner.map((right) => ({ ...left, ...right })))
}
