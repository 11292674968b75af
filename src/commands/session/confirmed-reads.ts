import type { Clock } from '../../release/clock.ts'
import type { Failure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { EventBody } from '../../release/record/event-body.ts'
import {
  failedReadWaits,
  isPassingReadFailure,
  readPatience,
  routeConfirmation,
  routeFacts,
  workloadConfirmation,
} from '../../rollout/lifecycle/read-confirmation.ts'
import type { LeasePort, WorkloadsPort } from '../../rollout/ports.ts'
import type { RouteSnapshot, RouteTarget, Routing } from '../../routing/routing.ts'

/** ReadingTerms is what reading patiently needs of a session, asked at each read. */
interface ReadingTerms {
  clock: Clock
  record(event: EventBody): void
  target(): RouteTarget
  /** A release is held: the loop and the writer try failed reads again themselves. */
  holds(): boolean
}

/** ReadPorts are the ways to read of a cluster. */
interface ReadPorts {
  routing: Routing
  workloads: WorkloadsPort
  leases: LeasePort
}

/**
 * confirmReads reads the cluster so that no single answer changes a plan: what is missing although it was there a
 * moment ago, and an empty list that is the first answer, is read again until every further answer of about 10 s says
 * so too. Until a release is held, a read that fails is tried again as well.
 */
export function confirmReads(ports: ReadPorts, terms: ReadingTerms): ReadPorts {
  const patient = { ...terms, warn: createWarning(terms) }
  const reading = <Value>(read: () => Promise<Value>, signal: AbortSignal) => tryAgain(read, patient, signal)
  return {
    routing: confirmRoutes(ports.routing, patient),
    workloads: confirmWorkloads(ports.workloads, patient),
    leases: {
      ...bound(ports.leases),
      lease: (namespace, name, signal) => reading(() => ports.leases.lease(namespace, name, signal), signal),
    },
  }
}

/** PatientTerms are those of one session: however many reads fail, it says so once. */
interface PatientTerms extends ReadingTerms {
  warn(error: Failure): void
}

function createWarning({ record }: ReadingTerms): (error: Failure) => void {
  let warned = false
  return ({ code }) => {
    if (!warned)
      record({ type: 'warning', code: 'read-again', details: { failure: code, within: readPatience } })
    warned = true
  }
}

function bound(leases: LeasePort): LeasePort {
  return {
    lease: (...args) => leases.lease(...args),
    createLease: (...args) => leases.createLease(...args),
    updateLease: (...args) => leases.updateLease(...args),
    releaseLease: (...args) => leases.releaseLease(...args),
  }
}

function confirmRoutes(routing: Routing, terms: PatientTerms): Routing {
  let known: RouteSnapshot | null = null
  let written = false
  const waitsFor = (now: RouteSnapshot): number[] => {
    const target = terms.target()
    const before = known === null ? null : routeFacts(routing, known, target)
    return routeConfirmation(before, routeFacts(routing, now, target), written)
  }
  return {
    ...routing,
    async read(namespace, signal) {
      const read = () => routing.read(namespace, signal)
      known = await confirm(await tryAgain(read, terms, signal), read, { waitsFor, terms, signal })
      written = false
      return known
    },
    async apply(write, signal) {
      written = true
      return routing.apply(write, signal)
    },
  }
}

function confirmWorkloads(port: WorkloadsPort, terms: PatientTerms): WorkloadsPort {
  let known: WorkloadsSnapshot | null = null
  return {
    async workloads(namespace, service, signal) {
      const read = () => port.workloads(namespace, service, signal)
      const waitsFor = (now: WorkloadsSnapshot) => workloadConfirmation(known, now)
      known = await confirm(await tryAgain(read, terms, signal), read, { waitsFor, terms, signal })
      return known
    },
  }
}

interface Confirmation<Value> {
  /** Waits (ms) before further reads that a value asks for; none: it is believed. */
  waitsFor(value: Value): number[]
  terms: PatientTerms
  signal: AbortSignal
}

async function confirm<Value>(
  first: Value,
  read: () => Promise<Value>,
  { waitsFor, terms, signal }: Confirmation<Value>,
): Promise<Value> {
  let value = first
  let agreed = false
  let failure: unknown
  for (const wait of waitsFor(first)) {
    await terms.clock.sleep(wait, signal)
    try {
      value = await tryAgain(read, terms, signal)
      agreed = true
    } catch (error) {
      if (!isPassingReadFailure(error)) throw error
      failure = error
      continue
    }
    if (waitsFor(value).length === 0) return value
  }
  if (failure !== undefined && !agreed) throw failure
  return value
}

async function tryAgain<Value>(
  read: () => Promise<Value>,
  { clock, holds, warn }: PatientTerms,
  signal: AbortSignal,
): Promise<Value> {
  for (const wait of failedReadWaits) {
    try {
      return await read()
    } catch (error) {
      if (holds() || !isPassingReadFailure(error)) throw error
      warn(error)
      await clock.sleep(wait, signal)
    }
  }
  return read()
}
