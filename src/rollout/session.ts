import type { Clock } from '../release/clock.ts'
import { Failure, isFailure } from '../release/failure.ts'
import type { EventBody } from '../release/record/event-body.ts'
import { metricsLag, type Settings } from '../release/settings.ts'
import type { ReleaseState } from '../release/state/state.ts'
import { decodeState } from '../release/state/state-codec.ts'
import { trackLabels, type WorkloadSides } from '../release/state/takeover.ts'
import { hostOf } from '../release/target.ts'
import type { RouteSnapshot, RouteTarget, Routing, VersionPair, VersionSide } from '../routing/routing.ts'
import type { HeldLease } from './lifecycle/lease.ts'
import type { LeasePort, MetricsPort, ObjectsPort, ProbePort, WatchdogPort, WorkloadsPort } from './ports.ts'

/** Session is one process's hold on one target: its ports, and what it last read or wrote of the state. */
export interface Session {
  readonly routing: Routing
  readonly workloads: WorkloadsPort
  readonly leases: LeasePort
  /** null: this session's releases make nothing beside routes. */
  readonly objects: ObjectsPort | null
  /** null: nobody has to watch over this session's releases. */
  readonly watchdogs: WatchdogPort | null
  readonly metrics: MetricsPort
  /** true: no Prometheus was given, and `metrics` answers nothing. */
  readonly withoutMetrics?: boolean
  readonly probe: ProbePort
  readonly clock: Clock
  /** Which Deployment runs which version, where a release to come says it; absent: labels do, or the release held. */
  sides?: WorkloadSides | null
  /** The host, and which of its rules and Services are meant: widened once the cluster was looked at. */
  scope: RouteTarget
  readonly settings: Settings
  /** How late the store of metrics was found to be, ms, where `metrics-lag: auto` follows it; absent: not measured. */
  measuredLag?: number
  readonly holder: string
  /** succeeds tells of a holder that is gone, and whose work is this process's to go on with. */
  succeeds(holder: string): boolean
  readonly record: (event: EventBody) => void
  lease: HeldLease | null
  /** Text of the command that is being obeyed; null while there is none. */
  obeyedCommand: string | null
  /** The state and the very text it was read from or written as; null before there is one. */
  held: { state: ReleaseState; text: string; home: string } | null
  /**
   * Texts that were sent since `held` was last known, by what they were sent for: an answer may have been lost, so
   * that the cluster can hold any of them, and each is our own.
   */
  unconfirmedWrites?: Map<string, unknown>
  /** The state was taken from the routes: the next write of it does not ask for the one that was there. */
  writesStateAnew?: boolean
  /** A write that moves traffic has landed. */
  movedTraffic?: boolean
  /** The promotion is about to be written: the Lease names the release as promoted from here on. */
  promotes?: boolean
}

/** currentSettings gives the settings with the lag (ms) that the store has now. */
export function currentSettings({ settings, measuredLag }: Pick<Session, 'settings' | 'measuredLag'>) {
  return { ...settings, metricsLag: metricsLag(settings, measuredLag) }
}

/** FoundState is a release annotation and the object that carries it. */
export interface FoundState {
  state: ReleaseState
  text: string
  home: string
  /** Text of the command for it; null: none. */
  command: string | null
}

/** UnreadableState is a release annotation that nobody can read, or that can't be true; `failure` says why. */
export interface UnreadableState {
  text: string
  home: string
  failure: Failure
  /** What is true of it all the same: a state that is written in its place must count on. Absent: nothing. */
  knows?: Pick<ReleaseState, 'history' | 'fencingToken'>
}

/** StoredState is what releases left on the routes: a state, one that can't be read, or neither. */
export interface StoredState {
  found: FoundState | null
  /** null also where another one can be read. */
  unreadable: UnreadableState | null
}

/**
 * findStored looks for the target's release among what releases left on the routes. Several (an object was copied by
 * hand) are settled by the highest fencing number among those that can be read.
 */
export function findStored(
  { routing, scope }: Pick<Session, 'routing' | 'scope'>,
  snapshot: RouteSnapshot,
): StoredState {
  const found: FoundState[] = []
  const unreadable: UnreadableState[] = []
  for (const { object: home, state: text, command } of routing.notes(snapshot, scope)) {
    if (text === null) continue
    try {
      found.push({ state: decodeState(text), text, home, command })
    } catch (error) {
      if (!isFailure(error, 'bad-answer')) throw error
      unreadable.push({ text, home, failure: error })
    }
  }
  found.sort((a, b) => b.state.fencingToken - a.state.fencingToken)
  return found[0] ? { found: found[0], unreadable: null } : { found: null, unreadable: unreadable[0] ?? null }
}

/** findState gives what `findStored` found. It throws Failure('bad-answer') where there is a state that can't be read. */
export function findState(
  session: Pick<Session, 'routing' | 'scope'>,
  snapshot: RouteSnapshot,
): FoundState | null {
  const { found, unreadable } = findStored(session, snapshot)
  if (unreadable) throw unreadable.failure
  return found
}

/** readStored reads the routes and looks for the target's release on them, as `findStored` does. */
export async function readStored(session: Session, signal: AbortSignal): Promise<StoredState> {
  return findStored(session, await session.routing.read(session.scope.namespace, signal))
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

/** pairOf gives the two sides of a release for the routes; a first version is a pair with itself. */
export function pairOf(
  scope: RouteTarget,
  state: Pick<ReleaseState, 'stable' | 'canary' | 'everywhere'> &
    Partial<Pick<ReleaseState, 'phase' | 'workload'>>,
): VersionPair {
  const canary = toSide(state.canary)
  const stable = state.stable ? toSide(state.stable) : canary
  const labels = trackLabels(state)
  return {
    ...scope,
    ...(labels === null ? {} : { labels }),
    stable,
    canary,
    ...(state.everywhere ? { everywhere: true } : {}),
  }
}

/** toSide gives what the routes need of one version. */
export function toSide({ version, destination, host }: VersionSide): VersionSide {
  return host === undefined ? { version, destination } : { version, destination, host }
}

/** countedHosts names the hosts whose requests are the release's, joined by a comma: versions can have their own. */
export function countedHosts(scope: RouteTarget, state: Pick<ReleaseState, 'stable' | 'canary'>): string {
  const hosts = [hostOf({ ...scope, cluster: '' }), state.stable?.host, state.canary.host]
  return [...new Set(hosts.filter((host) => host !== undefined))].join(',')
}

/** heldState gives the state that this session holds; asking before there is one is a mistake of the program. */
export function heldState(session: Session): ReleaseState {
  if (!session.held) throw new Failure('internal', 'No release is held here. Please report this.')
  return session.held.state
}
