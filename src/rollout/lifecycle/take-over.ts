import { inFlight } from '../../release/state/state-codec.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { FoundState, Session } from '../session.ts'
import { heldState, readStored } from '../session.ts'
import * as transitions from '../state/transitions.ts'
import { applyState, writeTime } from '../state/writer.ts'
import { mayPass } from './patience.ts'

/**
 * takeOverInFlight makes the release in flight this session's: a higher fencing number at once, so that a living
 * holder stops. The session must hold the Lease. Where nothing is in flight it writes nothing: `taken` is false then,
 * and `found` what there is. `patience`: how long (ms) the state is tried to be written.
 */
export async function takeOverInFlight(
  session: Session,
  signal: AbortSignal,
  patience: number = writeTime.back,
): Promise<{ taken: boolean; found: FoundState | null }> {
  const { found } = await readStored(session, signal)
  if (!found || !inFlight(found.state)) return { taken: false, found }
  session.held = found
  const { holder } = session
  const deadline = session.clock.now() + patience
  await applyState(session, (state) => transitions.takenOver(state, holder), { deadline }, signal)
  return { taken: true, found }
}

/**
 * takeOverToEnd does what `takeOverInFlight` does with a release that is to be put back: where its state can't be written
 * for a while, the roll-back's own write carries the higher fencing number.
 */
export async function takeOverToEnd(
  session: Session,
  signal: AbortSignal,
): Promise<{ taken: boolean; found: FoundState | null }> {
  try {
    return await takeOverInFlight(session, signal, writeTime.optional)
  } catch (error) {
    if (signal.aborted || session.held === null || !mayPass(error)) throw error
    const { state, ...found } = session.held
    session.held = { ...found, state: transitions.takenOver(state, session.holder) }
    return { taken: true, found: null }
  }
}

/**
 * reopenTakeover goes on with a release whose temporary canary has kept the traffic: it asks for the image again. The
 * session must hold the release.
 */
export async function reopenTakeover(session: Session, signal: AbortSignal): Promise<void> {
  const state = heldState(session)
  if (state.phase !== 'paused' || takeoverOf(state) === null) return
  const { capacityTimeout } = session.settings
  await applyState(session, (held, now) => transitions.resumed(held, capacityTimeout, now), {}, signal)
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
