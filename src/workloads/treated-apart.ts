import type { Json, JsonObject, KubeObject } from '../release/kubernetes.ts'
import { type DeploymentView, itemsAt, objectAt } from './deployment.ts'
import { objectName } from './hazards.ts'
import { fits, isEmpty } from './label-selector.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { ServiceObjects } from './shape.ts'

/** PodSelector is one place of an object that says which pods it is about. */
interface PodSelector {
  /** The place, as people write it. */
  place: string
  selector: JsonObject
}

/** Where an object of a kind selects pods: as those that it is about, and as those that others talk to. */
const places: Readonly<Record<string, (spec: JsonObject) => PodSelector[]>> = {
  AuthorizationPolicy: bySelector,
  RequestAuthentication: bySelector,
  PeerAuthentication: bySelector,
  Telemetry: bySelector,
  WasmPlugin: bySelector,
  ProxyConfig: bySelector,
  Sidecar: byWorkloadSelector,
  EnvoyFilter: byWorkloadSelector,
  NetworkPolicy: byNetworkPolicy,
}

/** Kinds that only look at pods: a canary that they don't see is no hole. */
const observers: Readonly<Record<string, (spec: JsonObject) => PodSelector[]>> = {
  PodMonitor: bySelector,
  PodDisruptionBudget: bySelector,
}

/** policyKinds are the kinds that can treat pods of two versions differently. */
export const policyKinds = [
  'AuthorizationPolicy',
  'RequestAuthentication',
  'PeerAuthentication',
  'Telemetry',
  'WasmPlugin',
  'ProxyConfig',
  'Sidecar',
  'EnvoyFilter',
  'NetworkPolicy',
  'PodMonitor',
  'PodDisruptionBudget',
] as const

/** podSelectors gives the places of an object that say which pods it is about, or talks to; none for other kinds. */
export function podSelectors({ kind, spec }: KubeObject): PodSelector[] {
  return { ...places, ...observers }[kind]?.(spec ?? {}) ?? []
}

/**
 * treatedApart finds what would treat the canary's pods otherwise than stable's: what secures or routes them is a
 * refusal, what only watches them, and what could not be read, a note as a sentence.
 */
export function treatedApart(
  { objects, unreadable }: ServiceObjects,
  stable: DeploymentView,
  canary: DeploymentView,
): { refusals: Refusal[]; notes: string[] } {
  const apart = (known: typeof places) =>
    objects.flatMap((object) =>
      (known[object.kind]?.(object.spec ?? {}) ?? [])
        .filter(
          ({ selector }) => fits(selector, stable.templateLabels) !== fits(selector, canary.templateLabels),
        )
        .map((found) => ({ object, ...found })),
    )
  return {
    refusals: apart(places).map(({ object, place, selector }) =>
      refuse('treated-apart', objectName(object), `pods with ${labelText(selector)} (${place})`),
    ),
    notes: [
      ...apart(observers).map(({ object, selector }) => noteOf(object, selector)),
      ...unreadable
        .filter(({ kind }) => (policyKinds as readonly string[]).includes(kind))
        .map(
          ({ kind, why }) =>
            `Whether a ${kind} treats the canary otherwise than stable can't be read: ${why}`,
        ),
    ],
  }
}

function noteOf(object: KubeObject, selector: JsonObject): string {
  const does =
    object.kind === 'PodDisruptionBudget'
      ? 'it does not hold drains back from the canary'
      : 'it does not scrape the canary'
  return `${objectName(object)} is about pods with ${labelText(selector)} alone: ${does}.`
}

function labelText(selector: JsonObject): string {
  const { matchLabels, matchExpressions } = selector
  const labels = Object.entries(objectAt(matchLabels)).map(([key, value]) => `${key}=${value}`)
  const expressions = itemsAt(matchExpressions).map((each) => {
    const { key, operator, values } = objectAt(each)
    return [key, operator, itemsAt(values).join('|')].filter(Boolean).join(' ')
  })
  return [...labels, ...expressions].join(', ')
}

function bySelector({ selector }: JsonObject): PodSelector[] {
  return [{ place: 'selector', selector: objectAt(selector) }]
}

function byWorkloadSelector({ workloadSelector }: JsonObject): PodSelector[] {
  return [{ place: 'workloadSelector', selector: { matchLabels: objectAt(workloadSelector).labels ?? {} } }]
}

/** Peers of other namespaces' pods are looked at too: labels alone say whom they mean. */
function byNetworkPolicy({ podSelector, ingress, egress }: JsonObject): PodSelector[] {
  const peers = (rules: Json | undefined, field: 'from' | 'to') =>
    itemsAt(rules).flatMap((rule) =>
      itemsAt(objectAt(rule)[field]).flatMap((peer) => {
        const selector = objectAt(objectAt(peer).podSelector)
        return isEmpty(selector) ? [] : [{ place: field, selector }]
      }),
    )
  return [
    { place: 'podSelector', selector: objectAt(podSelector) },
    ...peers(ingress, 'from'),
    ...peers(egress, 'to'),
  ]
}
