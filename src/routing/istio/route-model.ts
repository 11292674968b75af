import { createHash } from 'node:crypto'
import type { ObjectRef } from '../../release/kubernetes.ts'
import type { Problem } from '../problem.ts'
import { findRouteProblems } from './checks/route-problems.ts'
import { visibility } from './checks/visibility.ts'
import { effectiveDestinationRules, type Subset } from './model/destination-rule.ts'
import { type HostRoute, hostRoutes, isLive } from './model/host-route.ts'
import type { Scope } from './model/pair.ts'
import { primaryOf } from './model/primary.ts'
import { isBase, type Protocol, refOf } from './model/rule.ts'
import type { RoutingSnapshot } from './snapshot.ts'

/** RuleView is one rule that sends traffic to the host. */
export interface RuleView {
  object: ObjectRef
  protocol: Protocol
  /** `/spec/http/0`. */
  pointer: string
  name: string | null
  /** Sidecars follow it; else only gateways do. */
  mesh: boolean
  /** It takes requests whatever they look like; else only those that its match describes. */
  base: boolean
  /** The scope's `routes` pick it. */
  selected: boolean
  /** Those on the host (`host` resolved). `weight` as written, `share` 0–1 of the whole route. */
  destinations: {
    index: number
    host: string
    subset: string | null
    weight: number | null
    share: number
  }[]
}

/** RouteModel is what the readable routing objects say about one host. */
export interface RouteModel {
  routes: RuleView[]
  /** Merged view of the DestinationRule in force. */
  subsets: Subset[]
  /** The VirtualService that holds the state: the mesh one, else the oldest; null where no route exists. */
  primary: ObjectRef | null
  /** The DestinationRule that names exactly the host (the oldest), null where there is none. */
  destinationRule: ObjectRef | null
  /** Why the share should not be raised; a roll-back goes on all the same. */
  problems: Problem[]
  warnings: Problem[]
}

/** buildRouteModel reads what sends traffic to a host, what its subsets are, and what stands in the way. */
export function buildRouteModel(snapshot: RoutingSnapshot, scope: Scope): RouteModel {
  const all = hostRoutes(snapshot, scope)
  const live = all.filter(isLive)
  const rules = effectiveDestinationRules(snapshot, scope)
  const found = findRouteProblems(snapshot, scope, all)
  const seen = visibility(snapshot, scope, live, rules)
  const [first] = rules.rules
  return {
    routes: live.filter((route) => route.malformed === null).map(routeView),
    subsets: rules.subsets,
    primary: primaryOf(live, scope),
    destinationRule: first === undefined ? null : refOf(first),
    problems: [...found.problems, ...rules.problems, ...seen.problems],
    warnings: [...found.warnings, ...rules.warnings, ...seen.warnings],
  }
}

function routeView(route: HostRoute): RuleView {
  const total = route.weights.reduce((sum, weight) => sum + weight, 0)
  return {
    object: refOf(route.object),
    protocol: route.rule.protocol,
    pointer: route.rule.pointer,
    name: route.rule.name,
    mesh: route.mesh,
    base: isBase(route.rule.body),
    selected: route.selected,
    destinations: route.entries
      .filter((entry) => route.onHost[entry.index] === true)
      .map((entry) => ({
        index: entry.index,
        host: route.hosts[entry.index] ?? '',
        subset: entry.subset,
        weight: entry.weight,
        share: (route.weights[entry.index] ?? 0) / total,
      })),
  }
}

/**
 * subsetFor gives the existing subset that selects a version by its labels, never by its name: one that a route
 * uses, else one whose only label is the version. null: there is none, and one must be made.
 */
export function subsetFor(model: RouteModel, version: string): string | null {
  const candidates = model.subsets.filter((subset) => subset.version === version)
  const use = (name: string) =>
    Math.max(
      0,
      ...model.routes.flatMap((route) =>
        route.destinations.filter(({ subset }) => subset === name).map(({ share }) => share),
      ),
    )
  const exact = (subset: Subset) => Object.keys(subset.labels).length === 1
  const [best] = candidates
    .filter((subset) => exact(subset) || use(subset.name) > 0)
    .sort((left, right) => use(right.name) - use(left.name) || Number(exact(right)) - Number(exact(left)))
  return best?.name ?? null
}

/** newSubsetName makes a DNS label of a version that no existing subset has, at most 63 characters. */
export function newSubsetName(model: RouteModel, version: string): string {
  const plain = version
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, '-')
    .replace(/^-+|-+$/g, '')
  const taken = (name: string) => model.subsets.some((subset) => subset.name === name)
  if (plain !== '' && plain.length <= 63 && !taken(plain)) return plain
  const digest = createHash('sha256').update(version).digest('hex')
  const short = plain.slice(0, 54).replace(/-+$/, '') || 'v'
  for (let length = 8; ; length += 1) {
    const name = `${short.slice(0, 62 - length)}-${digest.slice(0, length)}`
    if (!taken(name) || length >= 60) return name
  }
}

/** VersionShare is the traffic of one version (or of a destination without a subset) over the host's routes. */
export interface VersionShare {
  /** Resolved; where versions have Services of their own, it tells them apart. */
  host: string
  subset: string | null
  version: string | null
  /** Largest share 0–1 of the host's own traffic on any one route. */
  share: number
  /** Smallest. */
  least: number
}

/**
 * servingVersions tells who holds the host's traffic, largest share first. Routes that take only some requests
 * and share no version with the routes that take any (a testers' header route, an API version of its own) are
 * left out. Subsets of one version count together.
 */
export function servingVersions(model: RouteModel): VersionShare[] {
  const shares = servingRoutes(model).map((route) => sharesOf(route, model))
  const keys = [...new Set(shares.flatMap((route) => [...route.keys()]))]
  return keys
    .map((key) => {
      const over = shares.map((route) => route.get(key)?.share ?? 0)
      const some = shares.find((route) => route.has(key))?.get(key)
      return {
        host: some?.host ?? '',
        subset: some?.subset ?? null,
        version: some?.version ?? null,
        share: Math.max(...over),
        least: Math.min(...over),
      }
    })
    .filter(({ share }) => share > 0)
    .sort((left, right) => right.share - left.share || right.least - left.least)
}

type Shares = Map<string, { host: string; subset: string | null; version: string | null; share: number }>

function sharesOf(route: RuleView, { subsets }: RouteModel): Shares {
  const total = route.destinations.reduce((sum, { share }) => sum + share, 0)
  const shares: Shares = new Map()
  for (const { host, subset, share } of route.destinations) {
    const version = subsets.find(({ name }) => name === subset)?.version ?? null
    const key = version === null ? `${host} ${subset ?? ''}` : `version ${version}`
    shares.set(key, { host, subset, version, share: (shares.get(key)?.share ?? 0) + share })
  }
  // Divided once, at the end: who holds everything holds exactly 1.
  for (const [key, entry] of shares) shares.set(key, { ...entry, share: entry.share / total })
  return shares
}

function servingRoutes(model: RouteModel): RuleView[] {
  const held = (route: RuleView) =>
    [...sharesOf(route, model)].filter(([, { share }]) => share > 0).map(([key]) => key)
  const routes = model.routes.filter(({ selected }) => selected)
  const base = new Set(routes.filter((route) => route.base).flatMap(held))
  if (base.size === 0) return routes
  return routes.filter((route) => route.base || held(route).some((key) => base.has(key)))
}
