import type { Clock } from '../../release/clock.ts'
import { Failure, isFailure } from '../../release/failure.ts'
import type { TargetName } from '../../release/text/command-line.ts'
import { commandLine } from '../../release/text/command-line.ts'
import type { LeasePort, LeaseSpec, LeaseView } from '../ports.ts'
import { mayPass } from './patience.ts'

/** Seconds after which a Lease whose renewTime stands still has lost its holder. */
export const leaseSeconds = 60
/** A holder renews this often (ms), so that it may miss two renewals. */
const renewEvery = 15_000
const retryPause = 1_000
/** How often a foreign Lease is read while waiting (ms). */
const pollEvery = 5_000
/** How long failed calls and lost races are tried again before the Lease counts as out of reach (ms). */
const patience = 30_000

/** LeaseTerms say which Lease is meant and who takes it. */
export interface LeaseTerms {
  port: LeasePort
  clock: Clock
  namespace: string
  name: string
  /** What the Lease guards, for messages. */
  target: TargetName
  /** The process that takes it: no two processes have the same name. */
  holder: string
  /** succeeds tells of a holder that is gone, and whose work is this process's to go on with. */
  succeeds(holder: string): boolean
  /** The release that is worked on, as text for whoever finds no state of it; null: none yet. */
  release(): string | null
}

/** HeldLease is the guard of a target's writer while this process has it. */
export interface HeldLease {
  terms: LeaseTerms
  view: LeaseView
  acquiredAt: number
  renewedAt: number
}

/**
 * acquireLease takes the target's Lease: a free one, one whose holder this process succeeds and, with `force`,
 * anybody's at once. Another's has expired when its renewTime stood still for its duration on our clock; until then
 * this waits, and throws Failure('refused', details.holder) as soon as it sees it renewed. Calls that fail and lost
 * races are tried again for 30 s.
 */
export async function acquireLease(
  terms: LeaseTerms,
  options: { force: boolean },
  signal: AbortSignal,
): Promise<HeldLease> {
  const { clock } = terms
  const seen: SeenLease = { still: null }
  let failingSince: number | null = null
  for (;;) {
    try {
      const lease = await tryToAcquire(terms, options, seen, signal)
      if (lease !== null) return lease
      failingSince = null
      await clock.sleep(pollEvery, signal)
    } catch (error) {
      if (!mayPass(error)) throw error
      failingSince ??= clock.now()
      if (clock.now() - failingSince >= patience) throw error
      await clock.sleep(retryPause, signal)
    }
  }
}

/** SeenLease is when a foreign Lease was first seen as it is now, on our clock. */
interface SeenLease {
  still: { view: LeaseView; since: number } | null
}

/** tryToAcquire gives null while another holds the Lease who may yet be alive. */
async function tryToAcquire(
  terms: LeaseTerms,
  { force }: { force: boolean },
  seen: SeenLease,
  signal: AbortSignal,
): Promise<HeldLease | null> {
  const { clock } = terms
  const view = await terms.port.lease(terms.namespace, terms.name, signal)
  if (view === null) return held(terms, await create(terms, signal))
  const isOurs = !isForeign(view, terms)
  if (seen.still && !isOurs && view.renewTime !== seen.still.view.renewTime) throw leaseTaken(terms, view)
  seen.still ??= { view, since: clock.now() }
  const expired = clock.now() - seen.still.since >= view.durationSeconds * 1000
  return force || expired || isOurs ? takeLease(terms, view, signal) : null
}

function create(terms: LeaseTerms, signal: AbortSignal): Promise<LeaseView> {
  return terms.port.createLease(terms.namespace, terms.name, leaseSpec(terms, 0), signal)
}

async function takeLease(terms: LeaseTerms, seen: LeaseView, signal: AbortSignal): Promise<HeldLease> {
  const { port, namespace, name, holder } = terms
  const next = leaseSpec(terms, seen.transitions + (seen.holder === holder ? 0 : 1))
  return held(terms, await port.updateLease(namespace, name, next, seen.resourceVersion, signal))
}

/**
 * renewLease keeps the Lease ours. One that vanished or was given back by somebody else is taken again; it throws
 * Failure('superseded') only when another holder is seen in it.
 */
export async function renewLease(lease: HeldLease, signal: AbortSignal): Promise<void> {
  if (lease.terms.clock.now() - lease.renewedAt >= renewEvery) await rewriteLease(lease, signal)
}

/**
 * keepLease renews the Lease where that must not end what goes on: a failure that may pass is left to the next renewal. It
 * throws as `renewLease` does where another holder is seen.
 */
export async function keepLease(lease: HeldLease, signal: AbortSignal): Promise<void> {
  try {
    await renewLease(lease, signal)
  } catch (error) {
    if (signal.aborted || !mayPass(error)) throw error
  }
}

/** rewriteLease does what `renewLease` does at once, so that the Lease names the release as it is now. */
export async function rewriteLease(lease: HeldLease, signal: AbortSignal): Promise<void> {
  const { port, clock, namespace, name } = lease.terms
  try {
    lease.view = await port.updateLease(namespace, name, renewed(lease), lease.view.resourceVersion, signal)
  } catch (error) {
    if (!isFailure(error, 'conflict', 'not-found')) throw error
    lease.view = await retake(lease, error, signal)
  }
  lease.renewedAt = clock.now()
}

async function retake(lease: HeldLease, cause: unknown, signal: AbortSignal): Promise<LeaseView> {
  const { port, namespace, name, holder } = lease.terms
  const now = await port.lease(namespace, name, signal)
  if (now === null) return create(lease.terms, signal)
  if (now.holder !== holder && now.holder !== '') throw lost(now.holder, cause)
  // Our own renewal landed and only its answer was lost: to write once more could lose that answer too, for ever.
  if (now.holder === holder && now.renewTime !== lease.view.renewTime) return now
  return port.updateLease(namespace, name, renewed(lease), now.resourceVersion, signal)
}

function lost(holder: string, cause: unknown): Failure {
  return new Failure(
    'superseded',
    `Another process took the release over: ${holder}. This one stops and changes nothing more.`,
    { cause, details: { holder } },
  )
}

/**
 * releaseLease gives the Lease back, so that the next run need not wait; `release` names what is in flight still. A
 * failure to do so is not one.
 */
export async function releaseLease(
  lease: HeldLease,
  release: string | null,
  signal: AbortSignal,
): Promise<void> {
  const { port, namespace, name } = lease.terms
  try {
    await port.releaseLease(namespace, name, release, lease.view.resourceVersion, signal)
  } catch {
    // It expires by itself: nothing depends on the courtesy.
  }
}

function isForeign(view: LeaseView, { holder, succeeds }: LeaseTerms): boolean {
  return view.holder !== '' && view.holder !== holder && !succeeds(view.holder)
}

function leaseTaken(terms: LeaseTerms, view: LeaseView): Failure {
  const end = commandLine('abort', terms.target)
  return new Failure(
    'refused',
    `${view.holder} is working on this target right now (Lease ${terms.namespace}/${terms.name}). Wait until it has ended, or run "${end}" to end its release.`,
    { details: { holder: view.holder } },
  )
}

function leaseSpec(terms: LeaseTerms, transitions: number): LeaseSpec {
  const now = terms.clock.now()
  return {
    holder: terms.holder,
    release: terms.release(),
    durationSeconds: leaseSeconds,
    acquiredAt: now,
    renewedAt: now,
    transitions,
  }
}

function renewed(lease: HeldLease): LeaseSpec {
  return { ...leaseSpec(lease.terms, lease.view.transitions), acquiredAt: lease.acquiredAt }
}

function held(terms: LeaseTerms, view: LeaseView): HeldLease {
  const now = terms.clock.now()
  return { terms, view, acquiredAt: now, renewedAt: now }
}
