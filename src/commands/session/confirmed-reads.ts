import type { Clock } from '../../release/clock.ts'
import { Failure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import {
  isPassingReadFailure,
  routeConfirmation,
  routeFacts,
  workloadConfirmation,
} from '../../rollout/lifecycle/read-confirmation.ts'
import type { LeasePort, WorkloadsPort } from '../../rollout/ports.ts'
import type { RouteSnapshot, RouteTarget, Routing } from '../../routing/routing.ts'
import { patientPort, type TryAgain } from './patient-reads.ts'

/** ReadingTerms is what confirming what was read needs of a session, asked at each read. */
interface ReadingTerms {
  clock: Clock
  again: TryAgain
  target(): RouteTarget
  /** The run was told to stop: nothing is waited for. */
  stopping(): boolean
}

/** ReadPorts are the ways to read of a cluster. */
interface ReadPorts {
  routing: Routing
  workloads: WorkloadsPort
  leases: LeasePort
}

/**
 * confirmReads reads the cluster so that no single answer changes a plan: what is missing although it was there a
 * moment ago, and an empty list that is the first answer, is asked for again, by name and by list, until every further
 * answer of about 10 s says so too. A run that was told to stop asks once more, at once. A read that fails is tried
 * again as `again` does.
 */
export function confirmReads(ports: ReadPorts, terms: ReadingTerms): ReadPorts {
  return {
    routing: confirmRoutes(ports.routing, terms),
    workloads: confirmWorkloads(ports.workloads, terms),
    leases: patientPort(ports.leases, ['lease'], terms.again),
  }
}

function confirmRoutes(routing: Routing, terms: ReadingTerms): Routing {
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
      const list = () => routing.read(namespace, signal)
      /** What a list lacks is asked for by name: another request, which the same fault need not meet. */
      const read = async () => {
        const listed = await list()
        if (waitsFor(listed).length === 0) return listed
        const named = await routing.readByName(known ?? listed, terms.target(), signal)
        if (waitsFor(named).length > 0) return listed
        if (known !== null) return named
        throw new Failure('bad-answer', 'The cluster lists no route of the service, and has one by name.')
      }
      known = await confirm(await terms.again(read, signal), read, { waitsFor, terms, signal })
      written = false
      return known
    },
    refresh: (snapshot, target, signal) =>
      terms.again(() => routing.refresh(snapshot, target, signal), signal),
    async apply(write, signal) {
      written = true
      return routing.apply(write, signal)
    },
  }
}

function confirmWorkloads(port: WorkloadsPort, terms: ReadingTerms): WorkloadsPort {
  let known: WorkloadsSnapshot | null = null
  return {
    async workloads(namespace, service, signal) {
      const read = () => port.workloads(namespace, service, signal)
      const waitsFor = (now: WorkloadsSnapshot) => workloadConfirmation(known, now)
      known = await confirm(await terms.again(read, signal), read, { waitsFor, terms, signal })
      return known
    },
  }
}

interface Confirmation<Value> {
  /** Waits (ms) before further reads that a value asks for; none: it is believed. */
  waitsFor(value: Value): number[]
  terms: ReadingTerms
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
    const stopping = terms.stopping()
    if (!stopping) await terms.clock.sleep(wait, signal)
    try {
      value = await terms.again(read, signal)
      agreed = true
    } catch (error) {
      if (!isPassingReadFailure(error)) throw error
      failure = error
      continue
    }
    if (stopping || waitsFor(value).length === 0) return value
  }
  if (failure !== undefined && !agreed) throw failure
  return value
}
