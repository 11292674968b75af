import type { Outcome } from '../../release/outcome/outcome.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { otherGatesMessage } from '../../report/words/outcome/in-flight.ts'
import type { Identity } from '../../rollout/lifecycle/identity.ts'
import { holdTargetLease, releaseTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import { gateDigest } from '../../rollout/start/start.ts'
import { refusedOutcome } from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { readCluster } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { refuseLost } from '../session/lost-release.ts'

/** Startable is a release that can begin now. */
export type Startable = Extract<Identity, { kind: 'start' | 'initial' }>
/** Resumable is a release in flight that is the one that was asked for. */
export type Resumable = Extract<Identity, { kind: 'resume' }>

/** Choice is what a command does on what it saw: go on, or end with an outcome before anything was written. */
export type Choice<Chosen> =
  | { kind: 'go'; chosen: Chosen }
  | { kind: 'end'; outcome: Outcome }
  /** What was seen holds no more: the cluster is read anew. */
  | { kind: 'again' }

/** Prepared is a command that may write now: it holds the Lease, and what it saw still holds. */
type Prepared<Chosen> = { kind: 'go'; chosen: Chosen; view: ClusterView } | { kind: 'end'; outcome: Outcome }

/**
 * prepare reads the cluster, lets `choose` decide on it, and takes the Lease. Where a holder changed the release while
 * this run waited for the Lease, all of it begins again. `onLocked` is told of an error in taking it: where another
 * process holds the Lease it may wait (null: try again) or end the run; else it throws the error.
 */
export async function prepare<Chosen>(
  command: CommandSession,
  choose: (view: ClusterView) => Promise<Choice<Chosen>>,
  onLocked: (error: unknown) => Promise<Outcome | null> = Promise.reject.bind(Promise),
): Promise<Prepared<Chosen>> {
  const { session, context } = command
  for (;;) {
    const view = await readCluster(command, context.signal)
    const lost = refuseLost(command, view)
    if (lost) return { kind: 'end', outcome: lost }
    const choice = await choose(view)
    if (choice.kind === 'end') return choice
    if (choice.kind === 'again') continue
    try {
      await holdTargetLease(session, { force: false }, context.signal)
    } catch (error) {
      const outcome = await onLocked(error)
      if (outcome !== null) return { kind: 'end', outcome }
      continue
    }
    const now = await readCluster(command, context.signal)
    if (now.found?.text === view.found?.text) return { kind: 'go', chosen: choice.chosen, view }
    await releaseTargetLease(session)
  }
}

/** differentGates is the refusal of a release in flight that began with other steps or gates; null where none did. */
export function differentGates({ request }: CommandSession, state: ReleaseState): Outcome | null {
  if (state.gateDigest === gateDigest(request.settings)) return null
  return refusedOutcome(request, state, 'release-in-flight', otherGatesMessage(state))
}
