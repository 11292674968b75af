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
 * waitForStateAnew waits until the holder of a release whose state is lost has written it anew, in the place of `lost`, the
 * text that was found. null: nobody holds it, or nothing came of it within 20 s.
 */
export function waitForStateAnew(
  session: Session,
  lost: string | null,
  signal: AbortSignal,
): Promise<FoundState | null> {
  const read = (found: FoundState | null) => (isAnew(found, lost) ? { outcome: found } : null)
  return watchHolder(session, read, (holder) => holder === '' || session.succeeds(holder), signal)
}

function isAnew(found: FoundState | null, lost: string | null): found is FoundState {
  return found !== null && found.text !== lost
}

/**
 * isDriven looks for 20 s whether a living process drives a release of which neither Lease nor state is left, but `lost`, a
 * text that is none: it writes both anew.
 */
export async function isDriven(session: Session, lost: string | null, signal: AbortSignal): Promise<boolean> {
  const until = session.clock.now() + holderPatience
  while (session.clock.now() < until) {
    await session.clock.sleep(pollEvery, signal)
    const holder = (await readTargetLease(session, signal))?.holder ?? ''
    if (holder !== '' && !session.succeeds(holder)) return true
    if (isAnew((await readStored(session, signal)).found, lost)) return true
  }
  return false
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
