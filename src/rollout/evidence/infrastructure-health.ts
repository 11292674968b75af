import type {
  InfrastructureIssue,
  InfrastructureLoad,
  InfrastructurePoint,
} from '../../release/evidence/gate-evidence.ts'
import type { InfrastructureIssueAt } from '../../verdict/infrastructure-excuse.ts'

/** From these shares on a load may explain errors: CPU time stolen, scheduling periods throttled. */
const degradedFrom: Record<keyof InfrastructureLoad, number> = { steal: 0.1, throttled: 0.1 }

/** infrastructureIssueAt tells when, and by what, the canary's nodes or sidecars were degraded. */
export function infrastructureIssueAt(points: readonly InfrastructurePoint[]): InfrastructureIssueAt {
  const issues = new Map(points.map((point) => [point.t, infrastructureIssue(point)]))
  return (t) => issues.get(t) ?? null
}

/**
 * infrastructureIssue gives what is degraded under the canary; null where nothing is, or nothing is known. Only what
 * the canary's own containers can't have done counts: CPU time that the hypervisor took, and throttling of the
 * sidecars. Stable's side alone is no excuse; what isn't known counts as healthy.
 */
export function infrastructureIssue({ canary, stable }: InfrastructurePoint): InfrastructureIssue | null {
  const degraded = (load: keyof InfrastructureLoad) => {
    const share = canary[load] ?? 0
    return share > degradedFrom[load] ? { canary: share, stable: stable[load] } : null
  }
  const issue = { steal: degraded('steal'), throttled: degraded('throttled') }
  return issue.steal === null && issue.throttled === null ? null : issue
}
