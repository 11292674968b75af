import { isFailure } from '../../../release/failure.ts'
import type { Outcome } from '../../../release/outcome/outcome.ts'
import type { Obstacle } from '../../../release/record/obstacle.ts'
import { obstacleOf } from '../../../release/record/obstacle.ts'
import type { ReleaseState } from '../../../release/state/state.ts'
import { inFlight } from '../../../release/state/state-codec.ts'
import { queueTimeoutText } from '../../../report/words/contention.ts'
import { mayPass } from '../../../rollout/lifecycle/patience.ts'
import { readTargetLease } from '../../../rollout/lifecycle/target-lease.ts'
import type { FoundState } from '../../../rollout/session.ts'
import { readStored } from '../../../rollout/session.ts'
import { refusedOutcome } from '../../outcomes.ts'
import type { ClusterView } from '../../session/cluster-view.ts'
import type { CommandSession } from '../../session/command-session.ts'
import { supersede } from './supersede.ts'

/** How often a run that waits looks whether the other has ended (ms). */
const lookEvery = 10_000
/** `queue-timeout` where nothing was said (ms). */
const usualTimeout = 3_600_000

/** Contention is what a rollout does about others in its way, as `on-newer` says. */
export interface Contention {
  /** looked is told of each look at the cluster. */
  looked(view: ClusterView): void
  /** onRelease is told of another release in flight and the refusal for it; null: it is out of the way. */
  onRelease(view: ClusterView, found: FoundState, refusal: Outcome): Promise<Outcome | null>
  /** onLocked is told of an error in taking the Lease; null: its holder is gone. What is no lock it throws. */
  onLocked(error: unknown): Promise<Outcome | null>
  /** The release that was ended for this one; null: none. */
  superseded(): ReleaseState | null
}

/** createContention is the contention of one run; all its waits together last `queue-timeout` at most. */
export function createContention(command: CommandSession): Contention {
  const { request, adapters } = command
  const { onNewer = 'refuse', mode, queueTimeout = usualTimeout } = request.settings
  const waits = onNewer === 'supersede' || (onNewer === 'queue' && mode !== 'step')
  /** The release that was there at the first look; undefined before that. */
  let firstSeen: string | null | undefined
  let superseded: ReleaseState | null = null
  let deadline: number | null = null
  const queue = (behind: Obstacle) => {
    deadline ??= adapters.clock.now() + queueTimeout
    return waitBehind(command, behind, deadline)
  }
  const tooLate = (reason: 'locked' | 'release-in-flight', behind: Obstacle, state: ReleaseState | null) =>
    refusedOutcome(request, state, reason, queueTimeoutText(behind, queueTimeout))
  async function onLocked(error: unknown): Promise<Outcome | null> {
    const holder = isFailure(error, 'refused') ? error.details.holder : undefined
    if (!waits || typeof holder !== 'string') throw error
    const behind: Obstacle = { kind: 'process', holder }
    return (await queue(behind)) ? null : tooLate('locked', behind, null)
  }
  return {
    looked({ found }) {
      if (firstSeen === undefined) firstSeen = found?.state.id ?? null
    },
    onLocked,
    superseded: () => superseded,
    async onRelease(view, found, refusal) {
      if (!waits) return refusal
      const behind = obstacleOf(found.state)
      if (onNewer === 'queue') {
        return (await queue(behind)) ? null : tooLate('release-in-flight', behind, found.state)
      }
      try {
        const outcome = await supersede(command, view, found, firstSeen === found.state.id)
        if (outcome === null) superseded = found.state
        return outcome
      } catch (error) {
        return onLocked(error)
      }
    },
  }
}

/** waitBehind says once that this run waits, and looks until what is in its way is gone (true) or the deadline came. */
async function waitBehind(command: CommandSession, behind: Obstacle, deadline: number): Promise<boolean> {
  const { recorder, reporting, adapters, request } = command
  const left = Math.max(0, deadline - adapters.clock.now())
  recorder.record({
    type: 'phase',
    phase: 'queued',
    version: request.version ?? request.image ?? '',
    behind,
    left,
  })
  reporting.showProgress()
  return looksUntil(command, deadline, async (signal) => {
    if (behind.kind === 'process') {
      return (await readTargetLease(command.session, signal))?.holder !== behind.holder
    }
    const state = (await readStored(command.session, signal)).found?.state ?? null
    return !inFlight(state) || state.id !== behind.id
  })
}

/** looksUntil looks, and writes nothing, until `gone` gives true: then true; false: the deadline came first. */
async function looksUntil(
  { adapters: { clock }, context: { signal } }: CommandSession,
  deadline: number,
  gone: (signal: AbortSignal) => Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    try {
      if (await gone(signal)) return true
    } catch (error) {
      // A cluster that can't be read for a while tells nothing.
      if (signal.aborted || !mayPass(error)) throw error
    }
    const left = deadline - clock.now()
    if (left <= 0) return false
    await clock.sleep(Math.min(lookEvery, left), signal)
  }
}
