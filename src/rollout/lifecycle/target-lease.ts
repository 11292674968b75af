import { nameOf } from '../../release/state/release-name.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { leaseName } from '../../release/target.ts'
import type { LeaseView } from '../ports.ts'
import type { Session } from '../session.ts'
import { retryTransient, writeTime } from '../state/writer.ts'
import type { LeaseTerms } from './lease.ts'
import { acquireLease, releaseLease, rewriteLease } from './lease.ts'

/** Time (ms, real) that giving a Lease back may take: it expires by itself. */
const releaseTime = 5_000

/** readTargetLease reads the Lease of the session's target; null where there is none. */
export function readTargetLease(session: Session, signal: AbortSignal): Promise<LeaseView | null> {
  const { namespace, name } = termsOf(session)
  return session.leases.lease(namespace, name, signal)
}

/** holdTargetLease takes the target's Lease for the session. It throws what `acquireLease` throws. */
export async function holdTargetLease(
  session: Session,
  options: { force: boolean },
  signal: AbortSignal,
): Promise<void> {
  session.lease = await acquireLease(termsOf(session), options, signal)
}

/** releaseTargetLease gives the session's Lease back, where it holds one. It never throws. */
export async function releaseTargetLease(session: Session): Promise<void> {
  const { lease, held } = session
  if (lease === null) return
  // A session that never knew of a release leaves the name that is there.
  const name = held === null ? lease.view.release : inFlight(held.state) ? releaseNameOf(session) : null
  await releaseLease(lease, name, AbortSignal.timeout(releaseTime))
  session.lease = null
}

/** withTargetLease holds the target's Lease while `body` runs. */
export async function withTargetLease<Result>(
  session: Session,
  options: { force: boolean },
  signal: AbortSignal,
  body: () => Promise<Result>,
): Promise<Result> {
  await holdTargetLease(session, options, signal)
  try {
    return await body()
  } finally {
    await releaseTargetLease(session)
  }
}

/**
 * announcePromotion lets the Lease say that the release is promoted before `write` says it in its state: it is never put
 * back then. Where the write fails, the Lease names a release in flight again with its next renewal.
 */
export async function announcePromotion(
  session: Session,
  write: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  session.promotes = true
  try {
    const { lease } = session
    const announce = async () => lease && rewriteLease(lease, signal)
    await retryTransient(session, session.clock.now() + writeTime.forward, announce, signal)
    await write()
  } finally {
    delete session.promotes
  }
}

function releaseNameOf({ held, promotes }: Session): string | null {
  if (held === null) return null
  const promoted = promotes || held.state.phase === 'promoted'
  return JSON.stringify(nameOf(held.state, promoted ? 'promoted' : undefined))
}

function termsOf(session: Session): LeaseTerms {
  return {
    port: session.leases,
    clock: session.clock,
    namespace: session.scope.namespace,
    name: leaseName(session.scope),
    target: session.scope,
    holder: session.holder,
    succeeds: session.succeeds,
    release: () => releaseNameOf(session),
  }
}
