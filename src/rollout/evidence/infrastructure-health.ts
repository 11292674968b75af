import type { InfrastructureLoad, InfrastructurePoint } from '../../release/evidence/gate-evidence.ts'
import type { InfrastructureIssueAt } from '../../verdict/infrastructure-excuse.ts'

/** From these shares on the nodes may explain errors: CPU time stolen, scheduling periods throttled. */
const muchSteal = 0.1
const muchThrottling = 0.1

/**
 * infrastructureProblemAt tells when the canary's nodes or sidecars were in trouble. Only what the canary's own containers can't
 * have done counts: CPU time that the hypervisor took, and throttling of the sidecars. Trouble of stable's side
 * alone is no excuse; what isn't known counts as healthy.
 */
export function infrastructureProblemAt(points: readonly InfrastructurePoint[]): InfrastructureIssueAt {
  const words = new Map(points.map((point) => [point.t, infrastructureProblem(point)]))
  return (t) => words.get(t) ?? null
}

/** infrastructureProblem says what is wrong under the canary, with stable's figures beside it; null where nothing is known. */
export function infrastructureProblem({ canary, stable }: InfrastructurePoint): string | null {
  const parts: string[] = []
  if ((canary.steal ?? 0) > muchSteal) {
    parts.push(
      `${percent(canary.steal)} of the CPU time of the canary's nodes is stolen${beside(stable, 'steal')}`,
    )
  }
  if ((canary.throttled ?? 0) > muchThrottling) {
    const share = percent(canary.throttled)
    parts.push(
      `the canary's sidecars are throttled in ${share} of their periods${beside(stable, 'throttled')}`,
    )
  }
  return parts.length === 0 ? null : parts.join('; ')
}

function beside(stable: InfrastructureLoad, key: keyof InfrastructureLoad): string {
  return stable[key] === null ? '' : ` (stable's: ${percent(stable[key])})`
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 100)}%`
}
