import { exitCodes } from '../../release/outcome/exit-codes.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { leavesInFlight, recoverFromFailure } from '../../rollout/lifecycle/recovery.ts'
import { resumeInFlight } from '../../rollout/lifecycle/take-over.ts'
import { releaseTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { resumeWatchdog } from '../../rollout/lifecycle/watchdog.ts'
import { driveRelease } from '../../rollout/loop/loop.ts'
import type { FoundState } from '../../rollout/session.ts'
import { heldState } from '../../rollout/session.ts'
import { endingOutcome, reasonOfError, recoveryOutcome } from '../outcomes.ts'
import type { CommandSession } from '../session/command-session.ts'
import { recordExistingRelease, recordFoundSteps } from '../session/record-header.ts'

/** resumeRelease goes on with a release in flight and drives it to its end. */
export async function resumeRelease(command: CommandSession, found: FoundState): Promise<Outcome> {
  recordExistingRelease(command, found.state)
  recordFoundSteps(command, found.state)
  return endingInSafety(command, async () => {
    await resumeInFlight(command.session, found, command.context.signal)
    if (found.state.stable !== null) await resumeWatchdog(command.session, command.context.signal)
    return driveToEnd(command)
  })
}

/** driveToEnd drives the release that the session holds, and says how it ended. */
export async function driveToEnd({ request, session, context }: CommandSession): Promise<Outcome> {
  const ending = await driveRelease(session, context.signal)
  return endingOutcome(request, heldState(session), ending)
}

/** endingInSafety lets `act` go on with the release that the session holds; a failure leads to a safe state. */
export async function endingInSafety(command: CommandSession, act: () => Promise<Outcome>): Promise<Outcome> {
  const { request, session, context } = command
  try {
    return await act()
  } catch (error) {
    if (session.held === null) throw error
    const run = { signal: context.signal, hasPost: context.hasPost }
    const recovery = await recoverFromFailure(session, error, reasonOfError(error), run)
    const inspect = session.routing.inspectCommand(request.namespace)
    return recoveryOutcome(request, heldState(session), recovery, inspect)
  }
}

/**
 * givingLeaseBack releases the Lease after `act`. A run that leaves something to put right keeps it for its own post
 * step, which knows by it that there is work.
 */
export async function givingLeaseBack(
  { session, context, request }: CommandSession,
  act: () => Promise<Outcome>,
): Promise<Outcome> {
  let unfinished = context.hasPost
  try {
    const outcome = await act()
    const cancelled = context.signal.aborted && !leavesInFlight(request.settings, session.held?.state ?? null)
    unfinished = context.hasPost && (cancelled || outcome.exitCode === exitCodes.unsafe)
    return outcome
  } finally {
    if (!unfinished) await releaseTargetLease(session)
  }
}
