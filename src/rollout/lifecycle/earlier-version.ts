import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Promotion, ReleaseState } from '../../release/state/state.ts'
import type { RouteView } from '../../routing/routing.ts'
import { type RollBackResult, rollBackTraffic } from '../actions/roll-back/roll-back.ts'
import { readinessOf } from '../decision/capacity.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'
import { returning } from '../state/returning.ts'
import * as transitions from '../state/transitions.ts'
import type { VersionHosts } from './identity.ts'

/**
 * earlierVersion gives where a rollback after a promotion goes: the version that is named, else the newest before the
 * serving one that was not rolled back itself; null: none is known.
 */
export function earlierVersion(state: ReleaseState | null, toVersion: string | null): Promotion | null {
  if (!state) return null
  if (toVersion !== null) return state.history.find((entry) => entry.version === toVersion) ?? null
  if (state.phase !== 'promoted') return null
  return state.history.find((entry) => entry.version !== state.canary.version && !entry.rolledBack) ?? null
}

/**
 * returnToEarlier puts traffic on an earlier version, without analysis and as any other roll-back: as much of
 * the traffic as it has pods for (`rollBackTraffic`). The session must hold the Lease
 * and the state. It throws Failure: `refused` where the routes can't be edited, or reach the version that was left, or nobody.
 */
export async function returnToEarlier(
  session: Session,
  to: Promotion,
  view: {
    routes: RouteView
    workloads: WorkloadsSnapshot
    hosts: VersionHosts | null
  },
  signal: AbortSignal,
): Promise<RollBackResult> {
  const { clock, settings, holder } = session
  const found = { ...session.held, state: heldState(session) } as NonNullable<Session['held']>
  const image = view.workloads.workloads.find((workload) => workload.version === to.version)?.image ?? ''
  const needed = podsToReturn(found.state, to, view.workloads)
  const target = { to: asRoutedNow(to, view), image, needed }
  const state = transitions.takenOver(returning(found.state, target, clock.now()), holder)
  session.held = { ...found, state }
  try {
    const waitFor = settings.capacityTimeout
    const cause = { reason: 'rolled-back-by-command' as const, canaryFails: null, waitFor, watch: signal }
    return await rollBackTraffic(session, cause, signal)
  } finally {
    // Where nothing was written the release is what it was: promoted.
    if (session.held?.text === found.text && session.unconfirmedWrites === undefined) session.held = found
  }
}

/**
 * podsToReturn gives the ready pods that a version needs to carry everything: those it had when it last did, where the
 * state tells, else as many as the version has that carries everything now.
 */
export function podsToReturn(state: ReleaseState, to: Promotion, workloads: WorkloadsSnapshot): number {
  if (to.version === state.stable?.version) return Math.max(1, state.stableReady)
  return Math.max(1, readinessOf(workloads, state.canary.version).ready)
}

/** asRoutedNow gives the version's destination and host as the routes have them now: both can have changed since. */
function asRoutedNow(
  to: Promotion,
  { routes, hosts }: { routes: RouteView; hosts: VersionHosts | null },
): Promotion {
  const { name, exists } = routes.destinationOf(to.version)
  const destination = exists ? name : to.destination
  const host = hosts?.get(to.version) ?? to.host
  return host === undefined ? { ...to, destination } : { ...to, destination, host }
}
