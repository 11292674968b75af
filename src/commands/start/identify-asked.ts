import type { Request } from '../../release/request.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { type Identity, identify } from '../../rollout/lifecycle/identity.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { plannedPair } from '../session/image/image-canary.ts'

/**
 * identifyAsked finds out who is who in what a request asks for. In a release with a temporary canary no label says it:
 * the plan does, and what is deployed already is where it is to be.
 */
export function identifyAsked(
  request: Request,
  { asked: { version, plan }, found, routes, workloads, hosts }: ClusterView,
): Identity {
  const state = found?.state ?? null
  if (!inFlight(state)) {
    const pair = plannedPair(plan, request, routes)
    if (pair !== null) return { kind: 'start', ...pair, unpinned: routes.objects.length === 0 }
    if (plan?.kind === 'deployed' && plan.inPlace) return { kind: 'already', version: plan.version }
  }
  const asked = {
    version: version ?? state?.canary.version ?? '',
    stableVersion: request.stableVersion,
  }
  return identify(asked, state, routes, workloads, hosts)
}
