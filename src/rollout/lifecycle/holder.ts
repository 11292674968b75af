import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import type { RemoteCommandName } from '../decision/decision-input.ts'
import type { FoundState, Session } from '../session.ts'
import { pairOf, readStored } from '../session.ts'
import { encodeCommand } from '../state/remote-command.ts'
import { applyRoutes } from '../state/writer.ts'
import { readTargetLease } from './target-lease.ts'

/** How long the process that holds a release is given to carry out a command (ms). */
const holderPatience = 20_000
const pollEvery = 2_000

/**
 * sendCommand writes what the holder of a release shall do into the release's annotations, bound to its id. `by`
 * names who asks. It gives the command's text.
 */
export async function sendCommand(
  session: Session,
  release: FoundState,
  command: { name: RemoteCommandName; by: string },
  signal: AbortSignal,
): Promise<string> {
  const text = encodeCommand({ release: release.state.id, ...command })
  const change = { kind: 'command' as const, holder: release.home, text }
  const deadline = session.clock.now() + holderPatience
  await applyRoutes(session, pairOf(session.scope, release.state), change, { deadline }, signal)
  return text
}

/**
 * waitForHolder waits until a release has ended, or is `done`, by its holder's hand. It gives the state then; null
 * where nothing came of it within 20 s or nobody holds the release.
 */
export function waitForHolder(
  session: Session,
  id: string,
  done: (state: ReleaseState) => boolean,
  signal: AbortSignal,
): Promise<ReleaseState | null> {
  const goesOn = (state: ReleaseState) => state.id === id && inFlight(state) && !done(state)
  const read = (found: FoundState | null) => {
    const state = found?.state ?? null
    return state !== null && goesOn(state) ? null : { outcome: state }
  }
  return watchHolder(session, read, (holder) => holder === '', signal)
}

/**
 * waitForStateAnew waits until the holder of a release whose state is lost has written it anew. null: nobody holds it, or
 * nothing came of it within 20 s.
 */
export function waitForStateAnew(session: Session, signal: AbortSignal): Promise<FoundState | null> {
  const read = (found: FoundState | null) => (found === null ? null : { outcome: found })
  return watchHolder(session, read, (holder) => holder === '' || session.succeeds(holder), signal)
}

/** watchHolder looks until `read` gives an outcome; null: the Lease has no holder, or a gone one, or 20 s are over. */
async function watchHolder<T>(
  session: Session,
  read: (found: FoundState | null) => { outcome: T } | null,
  isGone: (holder: string) => boolean,
  signal: AbortSignal,
): Promise<T | null> {
  const until = session.clock.now() + holderPatience
  while (session.clock.now() < until) {
    const seen = read((await readStored(session, signal)).found)
    if (seen !== null) return seen.outcome
    const lease = await readTargetLease(session, signal)
    if (lease === null || isGone(lease.holder)) return null
    await session.clock.sleep(pollEvery, signal)
  }
  return null
}
