import { refText } from '../../../release/kubernetes.ts'
import { problem } from '../../problem.ts'
import type { EffectiveDestinationRules } from '../model/destination-rule.ts'
import { scopeHost } from '../model/host.ts'
import type { HostRoute } from '../model/host-route.ts'
import type { Scope } from '../model/pair.ts'
import { refOf } from '../model/rule.ts'
import { isPublic, visibleIn } from '../model/virtual-service.ts'
import { missingMesh } from '../plan/generated-route.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import type { RouteProblems } from './route-problems.ts'

/**
 * visibility looks for clients that would be sent to subsets which they can't see: a DestinationRule that is not
 * exported to everyone. A problem where a pin would newly name a subset to them, else a warning.
 */
export function visibility(
  snapshot: RoutingSnapshot,
  scope: Scope,
  live: readonly HostRoute[],
  force: EffectiveDestinationRules,
): RouteProblems {
  const rule = force.rules[0] ?? force.inherited
  if (rule === undefined || rule === null || isPublic(rule)) return { problems: [], warnings: [] }
  const newly =
    missingMesh(snapshot, scope) !== null ||
    live.some(
      (route) =>
        route.selected &&
        isPublic(route.object) &&
        route.entries.some(({ index, subset }) => route.hosts[index] === scopeHost(scope) && subset === null),
    )
  const found = problem(
    'SG-destination-rule-private',
    refText(refOf(rule)),
    `Only clients in ${(visibleIn(rule) ?? []).join(', ')} see it. Gateways and clients of other namespaces that are sent to its subsets get 503.`,
    'Remove its exportTo, or add the namespaces of every gateway and client.',
  )
  return newly ? { problems: [found], warnings: [] } : { problems: [], warnings: [found] }
}
