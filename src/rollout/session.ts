import type { Clock } from '../release/clock.ts'
import { Failure } from '../release/failure.ts'
import type { ObjectRef, RoutingSnapshot } from '../release/kubernetes.ts'
import type { RecordEvent } from '../release/record/record.ts'
import type { Settings } from '../release/settings.ts'
import type { ReleaseState } from '../release/state/state.ts'
import { decodeState } from '../release/state/state-codec.ts'
import { hostOf, stateKey } from '../release/target.ts'
import type { Pair, Scope, Side } from '../routing/istio/model/pair.ts'
import type { HeldLease } from './lifecycle/lease.ts'
import type { LeasePort, MetricsPort, ProbePort, RoutesPort, WorkloadsPort } from './ports.ts'

/** EventBody is a record event before it got its time. */
export type EventBody = RecordEvent extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'at'>
    : never
  : never

/** Session is one process's hold on one target: its ports, and what it last read or wrote of the state. */
export interface Session {
  readonly routes: RoutesPort
  readonly workloads: WorkloadsPort
  readonly leases: LeasePort
  readonly metrics: MetricsPort
  readonly probe: ProbePort
  readonly clock: Clock
  /** The host, and which of its rules and Services are meant: widened once the cluster was looked at. */
  scope: Scope
  readonly settings: Settings
  readonly holder: string
  readonly run: string
  readonly record: (event: EventBody) => void
  lease: HeldLease | null
  /** Text of the order that is being obeyed; null while there is none. */
  obeyedCommand: string | null
  /** The state and the very text it was read from or written as; null before there is one. */
  held: { state: ReleaseState; text: string; home: ObjectRef } | null
  /**
   * Texts that were sent since `held` was last known, by what they were sent for: an answer may have been lost, so
   * that the cluster can hold any of them, and each is our own.
   */
  unconfirmedWrites?: Map<string, unknown>
}

/** FoundState is a release annotation and the object that carries it. */
export interface FoundState {
  state: ReleaseState
  text: string
  home: ObjectRef
}

/**
 * findState looks for the target's release annotation in a snapshot. Several (an object was copied by hand)
 * are settled by the highest fencing number. It throws Failure('bad-answer') when one can't be read.
 */
export function findState(snapshot: RoutingSnapshot, scope: Scope): FoundState | null {
  const key = stateKey(scope)
  const found: FoundState[] = []
  for (const object of snapshot.virtualServices) {
    const text = object.metadata.annotations?.[key]
    if (text === undefined) continue
    const home: ObjectRef = {
      kind: 'VirtualService',
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name,
    }
    found.push({ state: decodeState(text), text, home })
  }
  found.sort((a, b) => b.state.fencingToken - a.state.fencingToken)
  return found[0] ?? null
}

/**
 * confirmOwnWrite takes a found state for what this session holds where this session itself sent it and only the answer
 * was lost. It gives what it was sent for; undefined: it is not ours, or known already.
 */
export function confirmOwnWrite(session: Session, found: FoundState | null): unknown {
  if (!found || found.text === session.held?.text) return undefined
  const purpose = session.unconfirmedWrites?.get(found.text)
  if (purpose !== undefined) session.held = found
  return purpose
}

/** pairOf gives the two sides of a release for the mesh room; a first version is a pair with itself. */
export function pairOf(scope: Scope, state: Pick<ReleaseState, 'stable' | 'canary'>): Pair {
  const canary = toSide(state.canary)
  const stable = state.stable ? toSide(state.stable) : canary
  return { ...scope, stable, canary }
}

/** toSide gives what the mesh room needs of one version. */
export function toSide({ version, subset, host }: { version: string; subset: string; host?: string }): Side {
  return host === undefined ? { version, subset } : { version, subset, host }
}

/** countedHosts names the hosts whose requests are the release's, joined by a comma: versions can have their own. */
export function countedHosts(scope: Scope, state: Pick<ReleaseState, 'stable' | 'canary'>): string {
  const hosts = [hostOf({ ...scope, cluster: '' }), state.stable?.host, state.canary.host]
  return [...new Set(hosts.filter((host) => host !== undefined))].join(',')
}

/** heldState gives the state that this session holds; asking before there is one is a mistake of the program. */
export function heldState(session: Session): ReleaseState {
  if (!session.held) throw new Failure('internal', 'No release is held here. Please report this.')
  return session.held.state
}
