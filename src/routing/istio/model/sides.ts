import { isManagedRule } from '../plan/added-rules/managed-rules.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { effectiveDestinationRules, type Subset } from './destination-rule.ts'
import { scopeHost } from './host.ts'
import { type HostRoute, hostRoutes, isLive } from './host-route.ts'
import { byHost, isInitial, type Pair } from './pair.ts'
import { takesAll } from './rule.ts'

/** SideName is what a destination is to the pair: one of its sides, the whole Service, or none of its business. */
type SideName = 'stable' | 'canary' | 'bare' | 'other'

/** PairRoute is a live route of the host with its destinations told apart. */
export interface PairRoute extends HostRoute {
  sides: SideName[]
  /** It is one of those between whose versions traffic is divided. */
  split: boolean
}

/** pairRoutes lists the host's live routes as a pair sees them. */
export function pairRoutes(snapshot: RoutingSnapshot, pair: Pair): PairRoute[] {
  const { subsets } = effectiveDestinationRules(snapshot, pair)
  const routes = hostRoutes(snapshot, pair)
    .filter(isLive)
    .map((route): PairRoute => {
      const sides = route.entries.map((entry) =>
        byHost(pair)
          ? sideByHost(route.hosts[entry.index] ?? '', pair)
          : route.onHost[entry.index] === true
            ? sideBySubset(entry.subset, pair, subsets)
            : 'other',
      )
      return { ...route, sides, split: false }
    })
  // At 100% stable is still named, with a weight of 0: testers' routes stay what they were.
  const named = routes.some(({ sides }) => sides.includes('stable') || sides.includes('bare'))
  const everywhere = pair.everywhere === true || !named
  return routes.map((route) => ({ ...route, split: belongs(route, pair, everywhere) }))
}

/** A destination belongs to a side by its subset's labels; by the subset's name only where it doesn't exist yet. */
function sideBySubset(subset: string | null, pair: Pair, subsets: readonly Subset[]): SideName {
  if (subset === null) return 'bare'
  const known = subsets.find(({ name }) => name === subset)
  const is = (side: Pair['stable']) =>
    known === undefined ? subset === side.subset : known.version === side.version
  if (is(pair.stable)) return 'stable'
  if (pair.canaryByName === true && subset === pair.canary.subset) return 'canary'
  if (!isInitial(pair) && is(pair.canary)) return 'canary'
  return 'other'
}

/** Each version has a Service; the one that callers name selects all of them, unless it is a version's own. */
function sideByHost(host: string, pair: Pair): SideName {
  if (host === pair.stable.host?.toLowerCase()) return 'stable'
  if (!isInitial(pair) && host === pair.canary.host?.toLowerCase()) return 'canary'
  return host === scopeHost(pair) ? 'bare' : 'other'
}

/**
 * A route is divided if it sends to stable, or to every version. One that sends only to the canary is a testers'
 * route or the like and stays, unless it takes every request, or no route names stable at all.
 */
function belongs(route: PairRoute, pair: Pair, everywhere: boolean): boolean {
  if (!route.selected || isManagedRule(route.rule, pair) || pairWeight(route) === 0) return false
  if (route.sides.includes('stable') || route.sides.includes('bare')) return true
  return everywhere || takesAll(route.rule.body)
}

/** entriesOn lists a route's entries on some sides. */
export function entriesOn(route: PairRoute, ...names: readonly SideName[]): number[] {
  return route.sides.flatMap((side, index) => (names.includes(side) ? [index] : []))
}

/** weightOn is the weight that a route gives to some sides. */
export function weightOn(route: PairRoute, ...names: readonly SideName[]): number {
  return entriesOn(route, ...names).reduce((total, index) => total + (route.weights[index] ?? 0), 0)
}

/** pairWeight is the pair's own part of a route. */
function pairWeight(route: PairRoute): number {
  return weightOn(route, 'stable', 'canary', 'bare')
}

/** canaryShareOf gives the canary's share 0–1 of the pair's own part of a route. */
export function canaryShareOf(route: PairRoute): number {
  const all = pairWeight(route)
  return all === 0 ? 0 : weightOn(route, 'canary') / all
}

/** canaryShare gives the canary's smallest and largest share 0–1 of the pair's traffic over its routes, as written. */
export function canaryShare(snapshot: RoutingSnapshot, pair: Pair): { min: number; max: number } {
  const shares = pairRoutes(snapshot, pair)
    .filter((route) => route.split && route.malformed === null)
    .map(canaryShareOf)
  return shares.length === 0 ? { min: 0, max: 0 } : { min: Math.min(...shares), max: Math.max(...shares) }
}
