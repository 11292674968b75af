import { unsuitableService } from '../../preflight/service.ts'
import { isFailure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import type { VersionRef } from '../../release/state/state.ts'
import { sidesOf } from '../../release/state/takeover.ts'
import { refusedChecksMessage } from '../../report/words/outcome/checks.ts'
import type { VersionHosts } from '../../rollout/lifecycle/identity.ts'
import { contradiction } from '../../rollout/lifecycle/lost-release.ts'
import { readTargetLease } from '../../rollout/lifecycle/target-lease.ts'
import type { LeaseView } from '../../rollout/ports.ts'
import type { FoundState, StoredState, UnreadableState } from '../../rollout/session.ts'
import { findStored } from '../../rollout/session.ts'
import type { RouteSnapshot, RouteTarget, RouteView } from '../../routing/routing.ts'
import { refusedOutcome } from '../outcomes.ts'
import type { CommandSession } from './command-session.ts'
import { scopeOf } from './command-session.ts'
import {
  type AskedVersion,
  askedVersion,
  plannedPair,
  plannedSides,
  withPlannedCanary,
} from './image/image-canary.ts'
import { scopeFor } from './release-scope.ts'

/** refuseUnfitService is the refusal of a target whose Service can't have two versions behind it; null where it can. */
export function refuseUnfitService({ request, recorder }: CommandSession, view: ClusterView): Outcome | null {
  const { namespace, service } = request
  const finding = unsuitableService({ namespace, service, workloads: view.workloads })
  if (finding === null) return null
  recorder.record({ type: 'finding', finding: { id: 'service', ...finding } })
  return refusedOutcome(request, view.found?.state ?? null, 'preflight', refusedChecksMessage([finding]))
}

/** ClusterView is what is true in the cluster when a command begins. */
export interface ClusterView {
  routing: RouteSnapshot
  workloads: WorkloadsSnapshot
  routes: RouteView
  found: FoundState | null
  /** A release annotation that nobody can read or that can't be true, where there is no other. */
  unreadable: UnreadableState | null
  /** null: there is none, or it may not be read. */
  lease: LeaseView | null
  /** The version that the request is about, and what a release would make for it. */
  asked: AskedVersion
  /** Services of single versions, where routes tell versions apart by them; null: by one Service. */
  hosts: VersionHosts | null
}

/** readCluster reads routes, workloads and the release annotation, also one that can't be read. */
export async function readCluster(command: CommandSession, signal: AbortSignal): Promise<ClusterView> {
  const base = scopeOf(command.request)
  const { session, request } = command
  session.sides = null
  const read = () => session.workloads.workloads(base.namespace, base.service, signal)
  const [routing, labelled, lease] = await Promise.all([
    session.routing.read(base.namespace, signal),
    read(),
    readLease(command, signal),
  ])
  const stored = findStored({ routing: session.routing, scope: base }, routing)
  const state = stored.found?.state ?? null
  session.sides = sidesOf(state)
  // What a release with a temporary canary runs, its labels don't say.
  const running = session.sides === null ? labelled : await read()
  const { scope, hosts } = await scopeFor(command, base, { routing, workloads: running, state }, signal)
  const viewOf = (workloads: WorkloadsSnapshot, own: RouteTarget) => {
    const labels = session.sides?.labels
    session.scope = {
      ...own,
      versions: versionLabels(workloads),
      ...(labels === undefined ? {} : { labels }),
    }
    return session.routing.view(routing, session.scope)
  }
  const before = viewOf(running, scope)
  const asked = await askedVersion(
    command,
    { workloads: running, routing, routes: before, state, hosts },
    signal,
  )
  const workloads = withPlannedCanary(running, asked.plan)
  session.sides = plannedSides(asked.plan) ?? session.sides
  // A canary that is planned has labels and a host of its own, by which routes may select it already.
  const planned = workloads === running ? before : viewOf(workloads, scope)
  const pair = plannedPair(asked.plan, request, planned)
  const own = pair === null ? [] : hostsOf(pair)
  const routes = own.length > 0 ? viewOf(workloads, { ...scope, hosts: own }) : planned
  return { routing, workloads, routes, ...believed(stored, routes), lease, asked, hosts }
}

/** Who may only look at routes and pods may plan all the same; whoever writes needs the Lease anyway. */
async function readLease({ session }: CommandSession, signal: AbortSignal): Promise<LeaseView | null> {
  try {
    return await readTargetLease(session, signal)
  } catch (error) {
    if (isFailure(error, 'forbidden')) return null
    throw error
  }
}

/** A state that the routes contradict was forged, and is as good as one that can't be read. */
function believed(stored: StoredState, { serving }: RouteView): StoredState {
  const { found } = stored
  const failure = found && contradiction(found.state, serving)
  if (!found || failure === null) return stored
  return { found: null, unreadable: { text: found.text, home: found.home, failure, knows: found.state } }
}

/** hostsOf lists the Services of both sides, where they have their own. */
function hostsOf({ stable, canary }: { stable: VersionRef; canary: VersionRef }): string[] {
  return [stable, canary].flatMap(({ host }) => host ?? [])
}

/** versionLabels gives the labels by which routes can select what runs: of pods, and of templates that have none yet. */
function versionLabels({ workloads, pods }: WorkloadsSnapshot): NonNullable<RouteTarget['versions']> {
  return [
    ...workloads.map(({ version, templateLabels }) => ({ version, labels: templateLabels })),
    ...pods.map(({ version, labels }) => ({ version, labels })),
  ]
}
