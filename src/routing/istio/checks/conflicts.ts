import { type KubeObject, refText, type WorkloadsSnapshot } from '../../../release/kubernetes.ts'
import { sameJson } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import {
  type EffectiveDestinationRules,
  effectiveDestinationRules,
  ruleHost,
  type Subset,
} from '../model/destination-rule.ts'
import { looksLike, scopeHost } from '../model/host.ts'
import { type HostRoute, hostRoutes, isLive } from '../model/host-route.ts'
import type { Scope } from '../model/pair.ts'
import { listAt, refOf, rulesOf, ruleText, takesAll, textAt, textsAt } from '../model/rule.ts'
import { hostsOf } from '../model/virtual-service.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { findRouteProblems } from './route-problems.ts'

/**
 * findConflicts lists what in the routing objects of a host contradicts itself or its workloads, before anything is
 * written: with Istio's analyzer codes where they exist. `workloads` null: questions about pods are left out.
 */
export function findConflicts(
  snapshot: RoutingSnapshot,
  scope: Scope,
  workloads: WorkloadsSnapshot | null = null,
): Problem[] {
  const routes = hostRoutes(snapshot, scope)
  const live = routes.filter(isLive)
  const force = effectiveDestinationRules(snapshot, scope)
  const found = findRouteProblems(snapshot, scope, routes)
  return [
    ...found.problems,
    ...force.problems,
    ...found.warnings.filter(({ code }) => code.startsWith('IST')),
    ...gatewayRivals(live, scope),
    ...repeatedMatches(live),
    ...live.flatMap((route) => missingSubsets(route, force, scope)),
    ...strayRules(snapshot, scope),
    ...wouldHide(force, scope),
    ...(workloads === null ? [] : withWorkloads(live, force, workloads, scope)),
  ]
}

/** Gateways merge VirtualServices of one host, but only the oldest route without a match counts. */
function gatewayRivals(live: readonly HostRoute[], scope: Scope): Problem[] {
  const objects = [...new Set(live.map(({ object }) => object))]
  const takesEverything = (object: KubeObject) =>
    rulesOf(object).some((rule) => rule.protocol === 'http' && takesAll(rule.body))
  const bindings = (object: KubeObject) =>
    textsAt(object.spec, 'gateways')
      .filter((gateway) => gateway !== 'mesh')
      .flatMap((gateway) =>
        hostsOf(object, scope.clusterDomain).map((host) => `${host} on ${full(gateway, object)}`),
      )
  return objects.flatMap((left, index) =>
    objects.slice(index + 1).flatMap((right) => {
      const shared = bindings(left).find((binding) => bindings(right).includes(binding))
      if (shared === undefined || !takesEverything(left) || !takesEverything(right)) return []
      return [
        problem(
          'SG-gateway-shared',
          refText(refOf(right)),
          `It and ${refText(refOf(left))} both have a route without a match for ${shared}: only one of the two is used, and which one depends on their age.`,
          'Leave one of the two routes without a match.',
        ),
      ]
    }),
  )
}

function full(gateway: string, object: KubeObject): string {
  return gateway.includes('/')
    ? gateway.replace(/^\.\//, `${refOf(object).namespace}/`)
    : `${refOf(object).namespace}/${gateway}`
}

function repeatedMatches(live: readonly HostRoute[]): Problem[] {
  return live.flatMap(({ object, rule }) => {
    const matches = listAt(rule.body, 'match')
    if (matches.length === 0) return []
    const earlier = rulesOf(object).find(
      (other) =>
        other.protocol === rule.protocol &&
        other.index < rule.index &&
        sameJson(listAt(other.body, 'match'), matches),
    )
    if (earlier === undefined) return []
    return [
      problem(
        'IST0131',
        refText(refOf(object)),
        `Its ${ruleText(rule)} matches what ${ruleText(earlier)} matches already, and is never reached.`,
        'Remove one of the two.',
      ),
    ]
  })
}

function missingSubsets(route: HostRoute, force: EffectiveDestinationRules, scope: Scope): Problem[] {
  return route.entries
    .filter(({ index, subset }) => route.hosts[index] === scopeHost(scope) && subset !== null)
    .filter(({ subset }) => !force.subsets.some(({ name }) => name === subset))
    .map(({ subset, index }) =>
      problem(
        'IST0101',
        refText(refOf(route.object)),
        `Its ${ruleText(route.rule)} names subset “${subset}” (weight in force ${route.weights[index] ?? 0}), which no DestinationRule in force defines: requests there fail with 503.`,
        `Add the subset to the DestinationRule of ${scope.service}, or take the destination out.`,
      ),
    )
}

function strayRules(snapshot: RoutingSnapshot, scope: Scope): Problem[] {
  return snapshot.destinationRules
    .filter((object) => looksLike(textAt(object.spec, 'host') ?? '', scope))
    .map((object) =>
      problem(
        'IST0174',
        refText(refOf(object)),
        `Its host “${ruleHost(object, scope.clusterDomain)}” is taken literally and names no Service: its subsets and policies apply to nothing.`,
        `Write ${scopeHost(scope)}.`,
      ),
    )
}

function wouldHide(force: EffectiveDestinationRules, scope: Scope): Problem[] {
  if (force.inherited === null) return []
  return [
    problem(
      'SG-wildcard-hidden',
      refText(refOf(force.inherited)),
      `A DestinationRule of its own for ${scopeHost(scope)} takes the host away from it; the one that we make copies its policies as they are now.`,
    ),
  ]
}

function withWorkloads(
  live: readonly HostRoute[],
  force: EffectiveDestinationRules,
  { service, pods }: WorkloadsSnapshot,
  scope: Scope,
): Problem[] {
  const selects = (subset: Subset) =>
    pods.filter((pod) => Object.entries(subset.labels).every(([key, value]) => pod.labels[key] === value))
  const used = (name: string) =>
    live.some((route) =>
      route.entries.some(({ index, subset }) => subset === name && (route.weights[index] ?? 0) > 0),
    )
  const empty = force.subsets
    .filter((subset) => selects(subset).length === 0 && used(subset.name))
    .map((subset) =>
      problem(
        'IST0173',
        refText(subset.object),
        `Its subset “${subset.name}” (${labelsText(subset)}) selects no pod, and a route gives it traffic: those requests fail with 503.`,
        'Deploy pods with these labels, or move the traffic.',
      ),
    )
  return [...empty, ...overlaps(force.subsets, selects), ...serviceFindings(live, service, scope)]
}

function labelsText({ labels }: Subset): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

function overlaps(
  subsets: readonly Subset[],
  selects: (subset: Subset) => WorkloadsSnapshot['pods'],
): Problem[] {
  const named = subsets.filter(({ version }) => version !== null)
  const others = subsets.filter(({ version, labels }) => version === null && Object.keys(labels).length > 0)
  return others.flatMap((subset) => {
    const versions = [...new Set(selects(subset).map(({ version }) => version))].filter(
      (version) => version !== null,
    )
    if (versions.length < 2 || named.length === 0) return []
    return [
      problem(
        'SG-subsets-overlap',
        refText(subset.object),
        `Its subset “${subset.name}” (${labelsText(subset)}) selects pods of several versions (${versions.join(', ')}): traffic to it reaches the canary whatever the weights say.`,
        'Give it a version label, or take it out of the routes.',
      ),
    ]
  })
}

function serviceFindings(
  live: readonly HostRoute[],
  service: WorkloadsSnapshot['service'],
  scope: Scope,
): Problem[] {
  if (service === null)
    return [
      problem(
        'IST0101',
        null,
        `There is no Service ${scope.service} in ${scope.namespace}.`,
        'Create it, or check the name.',
      ),
    ]
  const version = service.selector.version
  const pinned =
    version === undefined
      ? []
      : [
          problem(
            'SG-selector-pins-version',
            null,
            `The selector of Service ${scope.service} names version=${version}: no other version is ever behind it, whatever subsets say.`,
            'Remove the version label from the Service’s selector.',
          ),
        ]
  if (service.ports.filter(({ protocol }) => protocol !== 'UDP').length < 2) return pinned
  return [...pinned, ...portless(live, service.name, scope)]
}

function portless(live: readonly HostRoute[], service: string, scope: Scope): Problem[] {
  const routes = live.filter((route) =>
    listAt(route.rule.body, 'route').some(
      (entry, index) =>
        route.hosts[index] === scopeHost(scope) &&
        !portNamed(entry) &&
        !listAt(route.rule.body, 'match').some((match) => typeof valueAt(match, 'port') === 'number'),
    ),
  )
  return routes.map((route) =>
    problem(
      'IST0112',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} names no port, and Service ${service} has several.`,
      'Name the port of the destination.',
    ),
  )
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
}

function portNamed(entry: unknown): boolean {
  return valueAt(valueAt(entry, 'destination'), 'port') !== undefined
}
