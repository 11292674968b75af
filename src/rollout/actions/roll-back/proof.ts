import { Failure, isFailure, sentenceOf } from '../../../release/failure.ts'
import type { ReasonCode } from '../../../release/outcome/reasons.ts'
import type { Sight } from '../../../release/outcome/sight.ts'
import type { RouteChange } from '../../../routing/routing.ts'
import type { Session } from '../../session.ts'
import { findStored, heldState, pairOf } from '../../session.ts'
import { applyState, writeTime } from '../../state/writer.ts'
import { checkReach, readRoutes } from '../reach-check.ts'
import { watchShare } from './share-watch.ts'

/** ProofTerms say why traffic went back, and how long it is looked whether users follow. */
export interface ProofTerms {
  reason: ReasonCode
  /** While it lasts the share is seen to follow, once all was written; null: nothing is awaited. */
  watch: AbortSignal | null
}

/**
 * proveRollBack looks, once all was written, whom users reach: by the routes down to pods, then by what is counted.
 * `elsewhere` is what routes send to others than stable. It throws Failure('refused') where somebody who reached the
 * canary doesn't reach stable.
 */
export async function proveRollBack(
  session: Session,
  terms: ProofTerms,
  signal: AbortSignal,
): Promise<{ elsewhere: string[]; sight: Sight }> {
  const writtenAt = session.clock.now()
  const before = await proveReach(session, signal)
  const seenAt = session.clock.now()
  const sight = before.unresolved ?? (await proveShare(session, terms, writtenAt))
  const watched = session.clock.now() > seenAt
  const { elsewhere, unresolved } = watched ? await proveAgain(session, before, signal) : before
  return { elsewhere, sight: unresolved ?? sight }
}

/** ReachProof is whom users reach by the routes: what goes to others than stable, or why it could not be looked at. */
interface ReachProof {
  elsewhere: string[]
  unresolved: Sight | null
}

/**
 * Everybody who reached the canary must reach stable; `elsewhere` is what routes send to others, as whole sentences,
 * `unresolved` that it could not be looked at: the routes were read back, and say no more than their weights.
 */
async function proveReach(session: Session, signal: AbortSignal): Promise<ReachProof> {
  const { stable } = heldState(session)
  const pair = pairOf(session.scope, heldState(session))
  const seen = await checkReach(session, pair, signal).catch((error): Sight => {
    if (!isFailure(error)) throw error
    return { kind: 'not-resolved', error: sentenceOf(error) }
  })
  if ('kind' in seen) return { elsewhere: [], unresolved: seen }
  if (!seen.harm) return { elsewhere: seen.stray, unresolved: null }
  throw new Failure(
    'refused',
    `Weights were put back, and not everybody reaches ${stable?.version}: ${seen.stray.join(' ')}`,
  )
}

/**
 * proveShare sees users follow. It throws Failure('refused') where the canary is still reached beyond doubt; where that
 * is why traffic went back (its pods are reached past the routes), it is known and said.
 */
async function proveShare(
  session: Session,
  { reason, watch }: ProofTerms,
  writtenAt: number,
): Promise<Sight> {
  const sight = await watchShare(session, writtenAt, watch)
  if (sight.kind !== 'seen' || !sight.lasting || reason === 'share-exceeded') return sight
  throw stillReached(sight)
}

/**
 * proveAgain looks at what was true before users were watched: the state is written anew where somebody took it away, and
 * the routes with it where those are gone. Traffic was back already: a call that fails is only said. It throws
 * Failure('refused') where not everybody reaches stable any more.
 */
async function proveAgain(session: Session, before: ReachProof, signal: AbortSignal): Promise<ReachProof> {
  try {
    await keepNote(session, signal)
    const now = await proveReach(session, signal)
    return now.unresolved === null ? now : before
  } catch (error) {
    if (isFailure(error, 'refused')) throw error
    noteLost(session, error)
    return before
  }
}

async function keepNote(session: Session, signal: AbortSignal): Promise<void> {
  const deadline = session.clock.now() + writeTime.optional
  const snapshot = await readRoutes(session, deadline, signal)
  if (findStored(session, snapshot).found !== null) return
  session.writesStateAnew = true
  const { objects } = session.routing.view(snapshot, session.scope)
  const routes = objects.length > 0 ? {} : { routes: await pinChange(session, signal) }
  await applyState(session, (state) => state, { ...routes, deadline }, signal)
}

/** pinChange names stable by a new route where every route is gone: the Service alone would feed the canary. */
export async function pinChange(session: Session, signal: AbortSignal): Promise<RouteChange> {
  const { namespace, service } = session.scope
  const workloads = await session.workloads.workloads(namespace, service, signal)
  return { kind: 'pin', retired: [], service: workloads.service }
}

/** writeNote writes the state alone. Traffic is back already: a failure is only said. */
export async function writeNote(session: Session, deadline: number, signal: AbortSignal): Promise<void> {
  try {
    await applyState(session, (state) => state, { deadline }, signal)
  } catch (error) {
    noteLost(session, error)
  }
}

function noteLost(session: Session, error: unknown): void {
  session.record({ type: 'warning', code: 'state-lost', details: { error: sentenceOf(error) } })
}

/** stillReached is the Failure of a rollback after which the canary is reached all the same. */
export function stillReached({ canary, total, version }: Extract<Sight, { kind: 'seen' }>): Failure {
  return new Failure(
    'refused',
    `The routes were put back, and ${canary} of ${total} requests still reached ${version}: its pods are reached past the routes, or proxies don't follow.`,
  )
}
