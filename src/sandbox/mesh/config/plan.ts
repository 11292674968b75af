import type { Json, JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import { parseDuration } from '../../../release/text/duration.ts'
import { type MeshPod, records, toRecord } from '../proxies/pod.ts'
import type { ConfigView } from './config-view.ts'
import { fqdnOf } from './hosts.ts'
import { chooseRule } from './route-choice.ts'
import type { MeshRequest } from './route-match.ts'
import { isSubsetOf, subsetLabels, subsetsOf } from './subsets.ts'

/** MeshService names the cluster that a request was meant for, as telemetry does. */
export interface MeshService {
  host: string
  name: string
  namespace: string
}

/** MeshReach is where requests go that leave the proxy: the ready endpoints of a service or of a subset. */
export interface MeshReach {
  service: MeshService
  pods: readonly MeshPod[]
  /** The route's timeout in ms; null: none. */
  timeoutMs: number | null
  mirrors: readonly { share: number; pods: readonly MeshPod[] }[]
}

/** Leg is one way that a share of a proxy's requests goes: answered by the proxy itself, or sent on. */
export interface Leg {
  share: number
  outcome:
    | { kind: 'local'; code: string; flag: string; service: MeshService | null; host: string }
    | ({ kind: 'upstream' } & MeshReach)
}

/** PlanContext is what routing depends on beside the config. */
export interface PlanContext {
  clusterDomain: string
  rootNamespace: string
}

/**
 * legsOf says where one sort of request goes, given what its proxy knows. A destination whose weight is
 * omitted or 0 gets nothing where there are several, all where it is alone.
 */
export function legsOf(view: ConfigView, request: MeshRequest, context: PlanContext): Leg[] {
  const choice = chooseRule(view.virtualServices.values(), request, context.clusterDomain)
  if (choice === 'none') return [local(request, '404', 'NR', null)]
  if (choice === 'unrouted') {
    return [
      { share: 1, outcome: outcomeOf(view, request, { host: request.host }, request.host, context, {}) },
    ]
  }
  const { rule, namespace } = choice
  if (rule.redirect !== undefined) {
    return [local(request, String(toRecord(rule.redirect).redirectCode ?? 301), '-', null)]
  }
  if (rule.directResponse !== undefined) {
    return [local(request, String(toRecord(rule.directResponse).status ?? 200), '-', null)]
  }
  return withFault(rule, request, routedLegs(view, request, rule, namespace, context))
}

function routedLegs(
  view: ConfigView,
  request: MeshRequest,
  rule: JsonObject,
  namespace: string,
  context: PlanContext,
): Leg[] {
  const routes = records(rule.route)
  const weights = routes.map((route) => (routes.length === 1 ? 1 : Number(route.weight ?? 0)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return routes.flatMap((route, index) => {
    const weight = weights[index] as number
    if (weight <= 0) return []
    const destination = toRecord(route.destination)
    const host = fqdnOf(String(destination.host ?? ''), namespace, context.clusterDomain)
    return [
      { share: weight / sum, outcome: outcomeOf(view, request, destination, host, context, rule, namespace) },
    ]
  })
}

function outcomeOf(
  view: ConfigView,
  request: MeshRequest,
  destination: JsonObject,
  host: string,
  context: PlanContext,
  rule: JsonObject,
  namespace = '',
): Leg['outcome'] {
  const cluster = clusterOf(view, request, host, destination.subset, context)
  if (cluster === null) return local(request, '503', 'NC', null).outcome
  if (cluster.pods.length === 0) return local(request, '503', 'UH', cluster.service).outcome
  const timeout = typeof rule.timeout === 'string' ? parseDuration(rule.timeout) : null
  return {
    kind: 'upstream',
    ...cluster,
    timeoutMs: timeout,
    mirrors: mirrorsOf(view, request, rule, namespace, context),
  }
}

/** clusterOf finds a service's or subset's ready endpoints; null where the proxy has no such cluster. */
function clusterOf(
  view: ConfigView,
  request: MeshRequest,
  host: string,
  subset: Json | undefined,
  context: PlanContext,
): { service: MeshService; pods: MeshPod[] } | null {
  const object = serviceOf(view, host, context.clusterDomain)
  if (object === null) return null
  const namespace = object.metadata.namespace ?? ''
  const service = { host, name: object.metadata.name, namespace }
  const selector = subsetLabels(toRecord(object.spec).selector)
  if (Object.keys(selector).length === 0) return { service, pods: [] }
  let wanted: Record<string, string> = {}
  if (typeof subset === 'string' && subset !== '') {
    const found = subsetsOf(view.destinationRules.values(), {
      host,
      clientNamespace: request.sourceNamespace,
      clientLabels: request.sourceLabels,
      serviceNamespace: namespace,
      rootNamespace: context.rootNamespace,
      clusterDomain: context.clusterDomain,
    }).get(subset)
    if (found === undefined) return null
    wanted = found
  }
  const pods = [...view.pods.values()].filter(
    (pod) =>
      pod.namespace === namespace &&
      pod.ready &&
      isSubsetOf(selector, pod.labels) &&
      isSubsetOf(wanted, pod.labels),
  )
  return { service, pods }
}

function serviceOf(view: ConfigView, host: string, clusterDomain: string): KubeObject | null {
  const tail = `.svc.${clusterDomain}`
  if (!host.endsWith(tail)) return null
  const [name, namespace, ...rest] = host.slice(0, -tail.length).split('.')
  return rest.length > 0 ? null : (view.services.get(`${namespace}/${name}`) ?? null)
}

function mirrorsOf(
  view: ConfigView,
  request: MeshRequest,
  rule: JsonObject,
  namespace: string,
  context: PlanContext,
): { share: number; pods: MeshPod[] }[] {
  const single = rule.mirror === undefined ? [] : [{ destination: rule.mirror, percentage: percentOf(rule) }]
  return [...single, ...records(rule.mirrors)].flatMap((mirror) => {
    const destination = toRecord(mirror.destination)
    const host = fqdnOf(String(destination.host ?? ''), namespace, context.clusterDomain)
    const cluster = clusterOf(view, request, host, destination.subset, context)
    const share = Number(toRecord(mirror.percentage).value ?? 100) / 100
    return cluster === null || cluster.pods.length === 0 || share <= 0 ? [] : [{ share, pods: cluster.pods }]
  })
}

function percentOf(rule: JsonObject): JsonObject {
  if (rule.mirrorPercentage !== undefined) return toRecord(rule.mirrorPercentage)
  const whole = rule.mirrorPercent ?? rule.mirror_percent
  return whole === undefined ? {} : { value: whole }
}

/** withFault lets a rule's fault abort its share before the requests leave the proxy. */
function withFault(rule: JsonObject, request: MeshRequest, legs: Leg[]): Leg[] {
  const abort = toRecord(toRecord(rule.fault).abort)
  if (abort.httpStatus === undefined) return legs
  const share = Number(toRecord(abort.percentage).value ?? 100) / 100
  const aborted = local(request, String(abort.httpStatus), 'FI', null)
  return [{ ...aborted, share }, ...legs.map((leg) => ({ ...leg, share: leg.share * (1 - share) }))].filter(
    (leg) => leg.share > 0,
  )
}

function local(request: MeshRequest, code: string, flag: string, service: MeshService | null): Leg {
  return { share: 1, outcome: { kind: 'local', code, flag, service, host: request.host } }
}
