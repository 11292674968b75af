import { Failure } from '../../release/failure.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { stateKey } from '../../release/target.ts'
import type { RouteSnapshot } from '../../routing/routing.ts'
import type { FoundState, Session } from '../session.ts'
import { confirmOwnWrite, findState, findStored } from '../session.ts'

/**
 * checkOwnership compares what the routes hold of the release with what this session last saw or wrote. It gives the
 * state where it is still ours, and null where there is none yet, or it is being written anew. It throws
 * Failure('superseded') only where a winner is seen: a higher fencing number. A state that is gone, that can't be
 * read or that is older than ours was taken from us by somebody who holds nothing: Failure('state-lost').
 */
export function checkOwnership(session: Session, snapshot: RouteSnapshot): FoundState | null {
  const found = ownState(session, snapshot)
  if (found === null && session.held !== null && !session.writesStateAnew) throw stateLost(session)
  return found
}

/** ownState gives the state on the routes where it is this session's own; null: it is not, or there is none. */
export function ownState(session: Session, snapshot: RouteSnapshot): FoundState | null {
  const found = readableState(session, snapshot)
  confirmOwnWrite(session, found)
  const { held } = session
  if (held === null || found?.text === held.text) return found
  if (found && found.state.fencingToken > held.state.fencingToken)
    throw superseded(found.state, held.state.id)
  return null
}

/** A note that nobody can read is as good as none to the process that knows the state. */
function readableState(session: Session, snapshot: RouteSnapshot): FoundState | null {
  return session.held === null ? findState(session, snapshot) : findStored(session, snapshot).found
}

function superseded(found: ReleaseState, ours: string): Failure {
  const what =
    found.id === ours
      ? `${found.holder} took release ${found.id} over`
      : `Release ${found.id} of ${found.canary.version} (held by ${found.holder}) took the place of this one`
  return new Failure(
    'superseded',
    `${what} (fencing number ${found.fencingToken}). This process stops and changes nothing more.`,
    { details: { holder: found.holder, fence: found.fencingToken } },
  )
}

function stateLost(session: Session): Failure {
  return new Failure(
    'state-lost',
    `The annotation ${stateKey(session.scope)} is gone or is not this release's any more: somebody replaced it, or the object that held it, while the release was in flight. Look at its routes.`,
  )
}
