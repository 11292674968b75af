import type { HostPolicy } from '../../release/kubernetes.ts'
import { isObject } from '../json-patch.ts'
import { effectiveDestinationRules } from './model/destination-rule.ts'
import type { Scope } from './model/pair.ts'
import { buildRouteModel, servingVersions } from './route-model.ts'
import type { RoutingSnapshot } from './snapshot.ts'

/**
 * hostPolicyOf gives how clients are to call a host, with what the subset in use says. A wildcard's or the mesh's own rule
 * counts for a new host as well: only rules for the host itself are given.
 */
export function hostPolicyOf(snapshot: RoutingSnapshot, scope: Scope): HostPolicy | null {
  const [rule] = effectiveDestinationRules(snapshot, scope).rules
  if (rule === undefined) return null
  const { host: _, subsets, trafficPolicy, workloadSelector: __, ...others } = rule.spec ?? {}
  const [serving] = servingVersions(buildRouteModel(snapshot, scope))
  const subset = (Array.isArray(subsets) ? subsets : []).filter(isObject)
  const own = subset.find(({ name }) => name === serving?.subset)?.trafficPolicy
  const policy = { ...(isObject(trafficPolicy) ? trafficPolicy : {}), ...(isObject(own) ? own : {}) }
  return {
    apiVersion: rule.apiVersion,
    spec: structuredClone({
      ...others,
      ...(Object.keys(policy).length === 0 ? {} : { trafficPolicy: policy }),
    }),
  }
}
