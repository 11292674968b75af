import type { Clock } from '../../release/clock.ts'
import { Failure, isFailure } from '../../release/failure.ts'
import type { LeasePort, LeaseSpec, LeaseView } from '../ports.ts'

/** Seconds after which a Lease whose renewTime stands still has lost its holder. */
export const leaseSeconds = 60
/** A holder renews this often (ms), so that it may miss two renewals. */
const renewEvery = 15_000
const retryPause = 1_000
/** How often a foreign Lease is looked at while waiting (ms). */
const pollEvery = 5_000
/** A call whose answer was lost is made good by looking again, this many times. */
const tries = 5

export interface LeaseTerms {
  port: LeasePort
  clock: Clock
  namespace: string
  name: string
  holder: string
  run: string
}

/** HeldLease is the guard of a target's writer while this process has it. */
export interface HeldLease {
  terms: LeaseTerms
  view: LeaseView
  acquiredAt: number
  renewedAt: number
}

/**
 * acquireLease takes the target's Lease. A free one, one of the same run and (with `force`) anybody's is taken
 * at once. Another's has expired when its renewTime stood still for its duration on our clock; until then
 * this waits, and throws Failure('refused', details.holder) as soon as it sees it renewed.
 */
export async function acquireLease(
  terms: LeaseTerms,
  options: { force: boolean },
  signal: AbortSignal,
): Promise<HeldLease> {
  for (let left = tries; ; left--) {
    try {
      return await acquireOnce(terms, options, signal)
    } catch (error) {
      if (left === 1 || !isFailure(error, 'unreachable', 'timeout', 'server-error')) throw error
      await terms.clock.sleep(retryPause, signal)
    }
  }
}

async function acquireOnce(
  terms: LeaseTerms,
  options: { force: boolean },
  signal: AbortSignal,
): Promise<HeldLease> {
  const { port, clock, namespace, name } = terms
  const firstSeen = await port.lease(namespace, name, signal)
  if (firstSeen === null) {
    try {
      return held(terms, await port.createLease(namespace, name, leaseSpec(terms, 0), signal))
    } catch (error) {
      if (!isFailure(error, 'already-exists')) throw error
      return acquireOnce(terms, options, signal)
    }
  }
  const seenAt = clock.now()
  let seen = firstSeen
  while (!options.force && !isOpenTo(seen, terms)) {
    if (clock.now() - seenAt >= seen.durationSeconds * 1000) break
    await clock.sleep(pollEvery, signal)
    const again = await port.lease(namespace, name, signal)
    if (again === null) return acquireOnce(terms, options, signal)
    if (!isOpenTo(again, terms) && again.renewTime !== firstSeen.renewTime) throw leaseTaken(terms, again)
    seen = again
  }
  return takeLease(terms, seen, options, signal)
}

async function takeLease(
  terms: LeaseTerms,
  seen: LeaseView,
  options: { force: boolean },
  signal: AbortSignal,
): Promise<HeldLease> {
  const next = leaseSpec(terms, seen.transitions + (seen.holder === terms.holder ? 0 : 1))
  try {
    const view = await terms.port.updateLease(terms.namespace, terms.name, next, seen.resourceVersion, signal)
    return held(terms, view)
  } catch (error) {
    if (!isFailure(error, 'conflict')) throw error
    // Somebody moved at the same instant: look again, with the same rules.
    await terms.clock.sleep(retryPause, signal)
    return acquireOnce(terms, options, signal)
  }
}

/** renewLease keeps the Lease ours; it throws Failure('superseded') when another holder has it. */
export async function renewLease(lease: HeldLease, signal: AbortSignal): Promise<void> {
  const { port, clock, namespace, name } = lease.terms
  if (clock.now() - lease.renewedAt < renewEvery) return
  const next = { ...leaseSpec(lease.terms, lease.view.transitions), acquiredAt: lease.acquiredAt }
  try {
    lease.view = await port.updateLease(namespace, name, next, lease.view.resourceVersion, signal)
    lease.renewedAt = clock.now()
  } catch (error) {
    if (!isFailure(error, 'conflict', 'not-found')) throw error
    const now = await port.lease(namespace, name, signal)
    if (now === null || now.holder !== lease.terms.holder) {
      throw new Failure(
        'superseded',
        `Another process took the release over: ${now?.holder || 'nobody is named'}. This one stops and changes nothing more.`,
        { cause: error, details: { holder: now?.holder ?? null } },
      )
    }
    lease.view = now
  }
}

/** releaseLease gives the Lease back, so that the next run need not wait. A failure to do so is not one. */
export async function releaseLease(lease: HeldLease, signal: AbortSignal): Promise<void> {
  try {
    await lease.terms.port.releaseLease(
      lease.terms.namespace,
      lease.terms.name,
      lease.view.resourceVersion,
      signal,
    )
  } catch {
    // It expires by itself: nothing depends on the courtesy.
  }
}

function isOpenTo(view: LeaseView, terms: LeaseTerms): boolean {
  return view.holder === '' || view.holder === terms.holder || view.run === terms.run
}

function leaseTaken(terms: LeaseTerms, view: LeaseView): Failure {
  return new Failure(
    'refused',
    `${view.holder} is working on this target right now (Lease ${terms.namespace}/${terms.name}). Wait until it has ended, or end it with "shiftgate abort".`,
    { details: { holder: view.holder } },
  )
}

function leaseSpec(terms: LeaseTerms, transitions: number): LeaseSpec {
  const now = terms.clock.now()
  return {
    holder: terms.holder,
    run: terms.run,
    durationSeconds: leaseSeconds,
    acquiredAt: now,
    renewedAt: now,
    transitions,
  }
}

function held(terms: LeaseTerms, view: LeaseView): HeldLease {
  const now = terms.clock.now()
  return { terms, view, acquiredAt: now, renewedAt: now }
}
