import { commandTraits } from '../../release/commands.ts'
import type { KubeObject, WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { VersionSplit } from '../../release/request.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import type { VersionHosts } from '../../rollout/lifecycle/identity.ts'
import type { RouteSnapshot, RouteTarget } from '../../routing/routing.ts'
import type { CommandSession } from './command-session.ts'

/**
 * scopeFor widens a request's host by the rules that are meant, and, where versions have Services of their own, by
 * those. A release in flight keeps what it began with.
 */
export async function scopeFor(
  command: CommandSession,
  base: RouteTarget,
  view: { routing: RouteSnapshot; workloads: WorkloadsSnapshot; state: ReleaseState | null },
  signal: AbortSignal,
): Promise<{ scope: RouteTarget; hosts: VersionHosts | null }> {
  const { request } = command
  const { state } = view
  const starts = commandTraits[request.command].version !== 'unused' && !inFlight(state)
  const routes = starts ? request.routes : state?.routes
  const scope = routes ? { ...base, routes } : base
  if (state?.workload?.inPlace !== undefined && (!starts || inFlight(state))) {
    // Its Services are known: those of the versions that there were when it began.
    const sides = [state.stable, state.canary].flatMap((side) => side?.host ?? [])
    return { scope: { ...scope, hosts: [...new Set(sides)] }, hosts: null }
  }
  const choice: VersionSplit = starts
    ? (request.split ?? 'auto')
    : state?.canary.host === undefined
      ? 'subset'
      : 'host'
  const found = command.session.routing.hostSplit(view.routing, base, choice)
  if (!found.byHost) return { scope, hosts: null }
  const path = `/api/v1/namespaces/${request.namespace}/services`
  const hosts = versionHosts(
    await command.adapters.cluster.list(path, signal),
    view.workloads,
    scope,
    found.hosts,
  )
  return { scope: { ...scope, hosts: [...new Set([...found.hosts, ...hosts.values()])] }, hosts }
}

/** versionHosts finds the Service of each version: one whose selector fits the pods of that version alone. */
function versionHosts(
  services: readonly KubeObject[],
  { workloads }: WorkloadsSnapshot,
  scope: RouteTarget,
  routed: readonly string[],
): VersionHosts {
  const hosts = new Map<string, string>()
  const suffix = `${scope.namespace}.svc.${scope.clusterDomain}`.toLowerCase()
  const rank = (name: string) =>
    routed.includes(`${name}.${suffix}`) ? 0 : name.startsWith(`${scope.service}-`) ? 1 : 2
  const ordered = services
    .filter(({ metadata }) => metadata.name !== scope.service)
    .sort((left, right) => rank(left.metadata.name) - rank(right.metadata.name))
  for (const service of ordered) {
    const selector = Object.entries((service.spec?.selector ?? {}) as Record<string, string>)
    if (selector.length === 0) continue
    const versions = new Set(
      workloads
        .filter(({ templateLabels }) => selector.every(([key, value]) => templateLabels[key] === value))
        .map(({ version }) => version),
    )
    const [version] = versions
    if (versions.size !== 1 || !version || hosts.has(version)) continue
    hosts.set(version, `${service.metadata.name}.${suffix}`)
  }
  return hosts
}
