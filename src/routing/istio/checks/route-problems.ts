import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { fqdn, looksLike, scopeHost } from '../model/host.ts'
import { type HostRoute, isLive } from '../model/host-route.ts'
import type { Scope } from '../model/pair.ts'
import { entriesOf, listAt, refOf, rulesOf, ruleText, textAt } from '../model/rule.ts'
import { isSelected, selectorText } from '../model/selector.ts'
import { byAge, delegations, isDelegate, virtualServicesFor, visibleIn } from '../model/virtual-service.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { beingDeleted } from './deletion.ts'

/** RouteProblems are what stands in the way of an edit (problems), and what a reader should know (warnings). */
export interface RouteProblems {
  problems: Problem[]
  warnings: Problem[]
}

/** findRouteProblems looks at a host's routes for shapes that can't be edited safely or don't do what they seem to. */
export function findRouteProblems(
  snapshot: RoutingSnapshot,
  scope: Scope,
  routes: readonly HostRoute[],
): RouteProblems {
  const live = routes.filter(isLive)
  return {
    problems: [
      ...rivals(snapshot, scope),
      ...live.filter(({ selected }) => selected).flatMap(unreadableRoute),
      ...unmatched(scope, live),
      ...missingDelegates(snapshot, scope),
      ...unique(live.map(({ object }) => object)).flatMap(beingDeleted),
    ],
    warnings: [
      ...unreadableNamespaces(snapshot),
      ...deafHosts(snapshot, scope),
      ...routes.filter((route) => !route.rule.live).map(deadRoute),
      ...live.flatMap((route) => routeWarnings(route, scope)),
      ...delegateWarnings(snapshot, live),
    ],
  }
}

function unique(objects: readonly KubeObject[]): KubeObject[] {
  return [...new Set(objects)]
}

function rivals(snapshot: RoutingSnapshot, scope: Scope): Problem[] {
  const { exact } = virtualServicesFor(snapshot.virtualServices, scope)
  const born = (object: KubeObject) =>
    `${refText(refOf(object))} (created ${object.metadata.creationTimestamp ?? 'at an unknown time'})`
  return exact.flatMap((older, index) =>
    exact
      .slice(index + 1)
      .filter((newer) => overlap(visibleIn(older), visibleIn(newer)))
      .map((newer) =>
        problem(
          'IST0109',
          refText(refOf(newer)),
          `${born(older)} and ${born(newer)} both bind sidecars for ${scopeHost(scope)}: they follow only one of the two.`,
          'Merge the two VirtualServices into one.',
        ),
      ),
  )
}

/** A private VirtualService beside a public one is intended, no conflict: its namespace's clients prefer it. */
function overlap(left: string[] | null, right: string[] | null): boolean {
  if (left === null || right === null) return left === right
  return left.some((namespace) => right.includes(namespace))
}

function unreadableRoute(route: HostRoute): Problem[] {
  if (route.malformed === null) return []
  return [
    problem(
      'SG-not-understood',
      refText(refOf(route.object)),
      `Its ${ruleText(route.rule)} can’t be understood: ${route.malformed}.`,
      'Write every weight of that route as a whole number, at least one of them above 0.',
    ),
  ]
}

function missingDelegates(snapshot: RoutingSnapshot, scope: Scope): Problem[] {
  const { exact, wildcard } = virtualServicesFor(snapshot.virtualServices, scope)
  const known = new Set(snapshot.virtualServices.map((object) => refText(refOf(object))))
  return delegations(snapshot.virtualServices)
    .filter(({ root, delegate }) => [...exact, ...wildcard].includes(root) && !known.has(delegate))
    .map(({ root, rule, delegate }) =>
      problem(
        'IST0101',
        refText(refOf(root)),
        `Its http route #${rule} hands over to ${delegate}, which doesn’t exist or can’t be read: where its traffic goes is unknown.`,
        `Create ${delegate}, or let us read VirtualServices in its namespace.`,
      ),
    )
}

function unmatched(scope: Scope, live: readonly HostRoute[]): Problem[] {
  return (scope.routes ?? [])
    .filter((selector) => !live.some((route) => isSelected(route.rule, [selector])))
    .map((selector) =>
      problem(
        'SG-selector-unmatched',
        null,
        `No route of ${scopeHost(scope)} fits the selector ${selectorText(selector)}.`,
        'Take a name, port or SNI host that a route has.',
      ),
    )
}

function unreadableNamespaces(snapshot: RoutingSnapshot): Problem[] {
  return snapshot.unreadable.map((namespace) =>
    problem(
      'SG-unreadable',
      null,
      namespace === '*'
        ? 'VirtualServices and DestinationRules can only be read in the target’s namespace: routes elsewhere that send traffic to the host are not seen and stay as they are.'
        : `VirtualServices and DestinationRules in namespace ${namespace} can’t be read: routes there that send traffic to the host stay as they are.`,
      'Allow “list” on virtualservices and destinationrules there.',
    ),
  )
}

function deafHosts(snapshot: RoutingSnapshot, scope: Scope): Problem[] {
  return snapshot.virtualServices.flatMap((object) =>
    rulesOf(object).flatMap((rule) =>
      entriesOf(rule)
        .filter((entry) => looksLike(entry.host, scope))
        .map((entry) =>
          problem(
            'IST0101',
            refText(refOf(object)),
            `Its ${ruleText(rule)} sends traffic to “${entry.host}”: a name with a dot is taken literally and there is no such host, so those requests fail. It is left as it is.`,
            `Write ${scopeHost(scope)}.`,
          ),
        ),
    ),
  )
}

function deadRoute(route: HostRoute): Problem {
  return problem(
    'IST0130',
    refText(refOf(route.object)),
    `Its ${ruleText(route.rule)} is never reached: an earlier route without a match takes everything. It is left as it is.`,
    'Remove it, or move it before the route without a match.',
  )
}

function routeWarnings(route: HostRoute, scope: Scope): Problem[] {
  const object = refText(refOf(route.object))
  const name = ruleText(route.rule)
  const found: Problem[] = []
  if (route.entries.length > 1 && route.entries.some((entry) => entry.weight === null))
    found.push(
      problem(
        'SG-weight-omitted',
        object,
        `Its ${name} has a destination without a weight, which means 0 there.`,
      ),
    )
  const host = scopeHost(scope)
  // The host itself can be one version's own, beside the other's Service.
  const isVersion = scope.hosts?.includes(host) === true
  const unnamed = route.entries.some(({ index, subset }) => route.hosts[index] === host && subset === null)
  if (unnamed && !isVersion)
    found.push(
      problem(
        route.mesh ? 'SG-no-subset' : 'IST0140',
        object,
        route.selected
          ? `Its ${name} sends traffic to every version at once: a destination names no version. It gets stable’s (and that subset’s policies) when routes are pinned.`
          : `Its ${name} sends traffic to every version at once, the canary included, and no selector picks it: it stays so.`,
      ),
    )
  return [...found, ...countWarnings(route, scope)]
}

/** What makes a route's numbers mean something else than they seem to. */
function countWarnings(route: HostRoute, scope: Scope): Problem[] {
  const object = refText(refOf(route.object))
  const name = ruleText(route.rule)
  const found: Problem[] = []
  if (route.rule.protocol !== 'http')
    found.push(
      problem(
        'SG-connections',
        object,
        `Its ${name} divides connections, not requests: open connections stay where they are when weights change.`,
      ),
    )
  if (isObject(route.rule.body.fault))
    found.push(
      problem('SG-fault', object, `Its ${name} injects faults, which count as errors of both versions.`),
    )
  if (mirrorsToHost(route, scope))
    found.push(
      problem(
        'SG-mirror',
        object,
        `Its ${name} mirrors requests to the host: they load and count at the version that gets them.`,
      ),
    )
  return found
}

function mirrorsToHost(route: HostRoute, scope: Scope): boolean {
  const { namespace } = refOf(route.object)
  const targets = [
    route.rule.body.mirror,
    ...listAt(route.rule.body, 'mirrors').map((mirror) =>
      isObject(mirror) ? mirror.destination : undefined,
    ),
  ]
  return targets.some(
    (target) => fqdn(textAt(target, 'host') ?? '', namespace, scope.clusterDomain) === scopeHost(scope),
  )
}

function delegateWarnings(snapshot: RoutingSnapshot, live: readonly HostRoute[]): Problem[] {
  const handovers = delegations(snapshot.virtualServices)
  return unique(live.map(({ object }) => object))
    .filter(isDelegate)
    .flatMap((object) => {
      const ref = refText(refOf(object))
      const roots = unique(handovers.filter(({ delegate }) => delegate === ref).map(({ root }) => root)).sort(
        byAge,
      )
      if (roots.length === 1) return []
      return roots.length === 0
        ? [
            problem(
              'SG-delegate-without-root',
              ref,
              'It has no hosts, and no readable VirtualService hands over to it.',
            ),
          ]
        : [
            problem(
              'SG-delegate-shared',
              ref,
              `Several VirtualServices hand over to it (${roots.map((root) => refText(refOf(root))).join(', ')}): its weights change for all of them.`,
            ),
          ]
    })
}
