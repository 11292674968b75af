import type { WorkloadsSnapshot } from '../../../release/kubernetes.ts'
import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { ReasonCode } from '../../../release/outcome/reasons.ts'
import type { Sight } from '../../../release/outcome/sight.ts'
import type { TargetName } from '../../../release/text/command-line.ts'
import { notReadyMessage } from '../../../report/words/outcome/rollback.ts'
import { rollBackTraffic } from '../../../rollout/actions/roll-back/roll-back.ts'
import { readinessOf } from '../../../rollout/decision/capacity.ts'
import { withTargetLease } from '../../../rollout/lifecycle/target-lease.ts'
import { heldState } from '../../../rollout/session.ts'
import { endingOutcome, rollbackFailedOutcome, stableUnavailableOutcome } from '../../outcomes.ts'
import type { CommandSession } from '../../session/command-session.ts'

/**
 * putBackUnderLease does what puts traffic back while this process holds the target's Lease; an error of it is the
 * outcome of a rollback that failed. `force`: also where another process holds it.
 */
export function putBackUnderLease(
  { request, context, session }: CommandSession,
  { force }: { force: boolean },
  act: () => Promise<Outcome>,
): Promise<Outcome> {
  return withTargetLease(session, { force }, context.signal, async () => {
    try {
      return await act()
    } catch (error) {
      const inspect = session.routing.inspectCommand(request.namespace)
      return rollbackFailedOutcome(request, session.held?.state ?? null, error, inspect)
    }
  })
}

/** putBack puts the traffic of the release that this session holds back; `toOutcome` says what that comes to. */
export async function putBack(
  { request, context, session }: CommandSession,
  reason: ReasonCode,
  toOutcome: (seen: { elsewhere: readonly string[]; sight: Sight }) => Outcome,
): Promise<Outcome> {
  const waitFor = request.settings.capacityTimeout
  const cause = { reason, canaryFails: null, waitFor, watch: context.signal }
  const result = await rollBackTraffic(session, cause, context.signal)
  const state = heldState(session)
  switch (result.kind) {
    case 'rolled-back':
      return toOutcome(result)
    case 'held':
      return endingOutcome(request, state, { result: 'in-progress', reason, cause: null, verdict: null })
    case 'unavailable':
      return stableUnavailableOutcome(request, state, result.shortage)
  }
}

/**
 * unreadyText says why a version can't be sent any traffic: it has no ready pod. `replicas`: how many carry the traffic.
 * null: it has one.
 */
export function unreadyText(
  target: TargetName,
  workloads: WorkloadsSnapshot,
  { version, workload }: { version: string; workload: string },
  replicas: number,
): string | null {
  const { ready, desired } = readinessOf(workloads, version)
  if (ready > 0) return null
  return notReadyMessage(target, { version, workload }, desired === null ? null : Math.max(1, replicas))
}
