import type { Finding } from '../release/record/record.ts'
import type { Check, PreflightInput } from './check.ts'
import { conflicts } from './conflicts.ts'
import { credential } from './credential.ts'
import { clocks } from './metrics/clocks.ts'
import { earlyRequests } from './metrics/early-requests.ts'
import { freshness } from './metrics/freshness.ts'
import { identity } from './metrics/identity.ts'
import { numbers } from './metrics/numbers.ts'
import { streams } from './metrics/streams.ts'
import { targets } from './metrics/targets.ts'
import { owners } from './owners.ts'
import { permissions } from './permissions.ts'
import { pods } from './pods.ts'
import { releasePlan } from './release-plan.ts'
import { routes } from './routes.ts'
import { service } from './service.ts'

/** checks are all questions asked before a release, in the order in which they are shown. */
const checks: readonly Check[] = [
  permissions,
  service,
  routes,
  owners,
  conflicts,
  releasePlan,
  pods,
  numbers,
  identity,
  targets,
  freshness,
  clocks,
  streams,
  earlyRequests,
  credential,
]

/** runChecks asks every check; one that finds nothing says that its question is answered. */
export function runChecks(facts: PreflightInput): Finding[] {
  return checks.flatMap((check) => {
    const found = check.find(facts)
    if (found.length > 0) return found.map((finding) => ({ id: check.id, ...finding }))
    return [{ id: check.id, level: 'ok' as const, text: check.question, remedy: null }]
  })
}
