import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { fqdn, hostsOfScope } from './host.ts'
import type { Scope } from './pair.ts'
import {
  type Entry,
  entriesOf,
  listAt,
  malformed,
  type Rule,
  refOf,
  rulesOf,
  textsAt,
  weightsOf,
} from './rule.ts'
import { isSelected } from './selector.ts'
import { delegations, isDelegate, isMesh } from './virtual-service.ts'

/** HostRoute is one rule with a destination on the host. */
export interface HostRoute {
  object: KubeObject
  rule: Rule
  entries: Entry[]
  /** Weights in force, by entry. */
  weights: number[]
  /** By entry: its host, resolved. */
  hosts: string[]
  /** By entry: whether it goes to the host. */
  onHost: boolean[]
  /** The scope's selectors pick it. */
  selected: boolean
  /** Sidecars follow it (not only gateways). */
  mesh: boolean
  /** Why it can't be understood, null when it can. */
  malformed: string | null
}

/** hostRoutes finds every rule, reached or not, of every readable VirtualService with a destination on the host. */
export function hostRoutes(snapshot: RoutingSnapshot, scope: Scope): HostRoute[] {
  const wanted = hostsOfScope(scope)
  const handovers = delegations(snapshot.virtualServices)
  return snapshot.virtualServices.flatMap((object) => {
    const roots = handovers
      .filter(({ delegate }) => delegate === refText(refOf(object)))
      .map(({ root }) => root)
    const mesh = isDelegate(object) ? roots.some(isMesh) : isMesh(object)
    return rulesOf(object).flatMap((rule) => {
      const entries = entriesOf(rule)
      const hosts = entries.map((entry) => fqdn(entry.host, refOf(object).namespace, scope.clusterDomain))
      const onHost = hosts.map((host) => wanted.includes(host))
      if (!onHost.includes(true)) return []
      return [
        {
          object,
          rule,
          entries,
          weights: weightsOf(entries),
          hosts,
          onHost,
          selected: isSelected(rule, scope.routes),
          mesh: mesh && reachesMesh(rule),
          malformed: malformed(rule) ?? allZero(entries),
        },
      ]
    })
  })
}

/** hostWeight is the weight that a route gives to the host. */
function hostWeight(route: HostRoute): number {
  return route.weights.reduce((sum, weight, index) => sum + (route.onHost[index] === true ? weight : 0), 0)
}

/** isLive tells whether requests can reach the host by a route. */
export function isLive(route: HostRoute): boolean {
  return route.rule.live && (route.malformed !== null || hostWeight(route) > 0)
}

function allZero(entries: readonly Entry[]): string | null {
  return entries.length > 1 && entries.every((entry) => !entry.weight) ? 'all its weights are 0' : null
}

function reachesMesh(rule: Rule): boolean {
  const matches = listAt(rule.body, 'match')
  if (matches.length === 0) return true
  return matches.some((match) => {
    const gateways = textsAt(match, 'gateways')
    return isObject(match) && (gateways.length === 0 || gateways.includes('mesh'))
  })
}
