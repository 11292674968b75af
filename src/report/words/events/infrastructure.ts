import type { InfrastructureIssue } from '../../../release/evidence/gate-evidence.ts'
import type { Verdict } from '../../../release/verdict.ts'

/** infrastructureText says what is degraded under the canary, with stable's figures beside it. */
export function infrastructureText({ steal, throttled }: InfrastructureIssue): string {
  const parts: string[] = []
  if (steal !== null) {
    parts.push(`${percent(steal.canary)} of the CPU time of the canary's nodes is stolen${beside(steal)}`)
  }
  if (throttled !== null) {
    parts.push(
      `the canary's sidecars are throttled in ${percent(throttled.canary)} of their periods${beside(throttled)}`,
    )
  }
  return parts.join('; ')
}

/** detailOf gives what a verdict's figures don't hold, in words; undefined where they hold it all. Outside text: escape it. */
export function detailOf({
  detail,
  infrastructure,
}: Pick<Verdict, 'detail' | 'infrastructure'>): string | undefined {
  return infrastructure === undefined ? detail : infrastructureText(infrastructure)
}

function beside({ stable }: { stable: number | null }): string {
  return stable === null ? '' : ` (stable's: ${percent(stable)})`
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
