import { inFlight } from '../../release/state/state-codec.ts'
import type { FoundState, Session } from '../session.ts'
import { readStored } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState, writeTime } from '../state/writer.ts'

/**
 * takeOverInFlight makes the release in flight this session's: a higher fencing number at once, so that a living
 * holder stops. The session must hold the Lease. Where nothing is in flight it writes nothing: `taken` is false then,
 * and `found` what there is.
 */
export async function takeOverInFlight(
  session: Session,
  signal: AbortSignal,
): Promise<{ taken: boolean; found: FoundState | null }> {
  const { found } = await readStored(session, signal)
  if (!found || !inFlight(found.state)) return { taken: false, found }
  session.held = found
  const { holder } = session
  const deadline = session.clock.now() + writeTime.back
  await applyState(session, (state) => transitions.takenOver(state, holder), { deadline }, signal)
  return { taken: true, found }
}

/**
 * resumeInFlight goes on with a release that was found in flight: as `takeOverInFlight`, and a paused release begins
 * its step anew. The session must hold the Lease.
 */
export async function resumeInFlight(
  session: Session,
  found: FoundState,
  signal: AbortSignal,
): Promise<void> {
  session.held = found
  const { holder, settings } = session
  await applyState(
    session,
    (state, now) => {
      const ours = transitions.takenOver(state, holder)
      return ours.phase === 'paused' ? transitions.resumed(ours, settings.capacityTimeout, now) : ours
    },
    {},
    signal,
  )
}
