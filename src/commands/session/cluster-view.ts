import { unsuitableService } from '../../preflight/service.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { refusedChecksMessage } from '../../report/words/outcome/checks.ts'
import type { VersionHosts } from '../../rollout/lifecycle/identity.ts'
import type { FoundState, UnreadableState } from '../../rollout/session.ts'
import { findStored } from '../../rollout/session.ts'
import type { RouteSnapshot, RouteTarget, RouteView } from '../../routing/routing.ts'
import { refusedOutcome } from '../outcomes.ts'
import type { CommandSession } from './command-session.ts'
import { scopeOf } from './command-session.ts'
import { type AskedVersion, askedVersion, withPlannedCanary } from './image-canary.ts'
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
  /** A release annotation that nobody can read, where none can be read. */
  unreadable: UnreadableState | null
  /** The version that the request is about, and what a release would make for it. */
  asked: AskedVersion
  /** Services of single versions, where routes tell versions apart by them; null: by one Service. */
  hosts: VersionHosts | null
}

/** readCluster reads routes, workloads and the release annotation, also one that can't be read. */
export async function readCluster(command: CommandSession, signal: AbortSignal): Promise<ClusterView> {
  const base = scopeOf(command.request)
  const [routing, running] = await Promise.all([
    command.session.routing.read(base.namespace, signal),
    command.session.workloads.workloads(base.namespace, base.service, signal),
  ])
  const { found, unreadable } = findStored({ routing: command.session.routing, scope: base }, routing)
  const state = found?.state ?? null
  const seen = { routing, workloads: running, state }
  const { scope: chosen, hosts } = await scopeFor(command, base, seen, signal)
  const viewOf = (workloads: WorkloadsSnapshot) => {
    command.session.scope = { ...chosen, versions: versionLabels(workloads) }
    return command.session.routing.view(routing, command.session.scope)
  }
  const routes = viewOf(running)
  const asked = await askedVersion(command, { workloads: running, routes, state, hosts }, signal)
  const workloads = withPlannedCanary(running, asked.plan)
  // A canary that is planned has labels of its own, by which routes may select it already.
  return {
    routing,
    workloads,
    routes: workloads === running ? routes : viewOf(workloads),
    found,
    unreadable,
    asked,
    hosts,
  }
}

/** versionLabels gives the labels by which routes can select what runs: of pods, and of templates that have none yet. */
function versionLabels({ workloads, pods }: WorkloadsSnapshot): NonNullable<RouteTarget['versions']> {
  return [
    ...workloads.map(({ version, templateLabels }) => ({ version, labels: templateLabels })),
    ...pods.map(({ version, labels }) => ({ version, labels })),
  ]
}
