import { type Pod, refText, type WorkloadsSnapshot } from '../../../release/kubernetes.ts'
import type { LostTraffic, Reach, ReachedPods, ReachedRoute } from '../../reach.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { effectiveDestinationRules, type Subset } from './destination-rule.ts'
import { scopeHost } from './host.ts'
import { type HostRoute, hostRoutes, isLive } from './host-route.ts'
import type { Pair } from './pair.ts'
import { isBase, refOf, ruleText } from './rule.ts'
import { bindsEverySidecar } from './virtual-service.ts'

/** Destination is one place that a route sends requests to. */
interface Destination {
  /** Resolved. */
  host: string
  subset: string | null
  /** 0–1 of the route. */
  share: number
}

/**
 * reachOf resolves every route of a pair's host through subsets to ready pods. What a route sends to no pod is lost;
 * where no VirtualService binds the sidecars, they call the Service itself, and so all of its pods.
 */
export function reachOf(snapshot: RoutingSnapshot, pair: Pair, workloads: WorkloadsSnapshot): Reach {
  const { subsets } = effectiveDestinationRules(snapshot, pair)
  const ready = workloads.pods.filter((pod) => pod.ready && !pod.deleting)
  const resolve = (destinations: readonly Destination[]) =>
    destinations
      .filter(({ share }) => share > 0)
      .map((destination) => resolveDestination(destination, pair, subsets, ready))
  const routes = hostRoutes(snapshot, pair)
    .filter(isLive)
    .map((route): ReachedRoute => {
      const name = `${refText(refOf(route.object))} ${ruleText(route.rule)}`
      const found = resolve(destinationsOf(route))
      return { name, any: isBase(route.rule.body), ...merged(found) }
    })
  if (bindsEverySidecar(snapshot.virtualServices, pair)) return { routes }
  const service = resolve([{ host: scopeHost(pair), subset: null, share: 1 }])
  return {
    routes: [...routes, { name: `Service ${pair.namespace}/${pair.service}`, any: true, ...merged(service) }],
  }
}

interface Resolved {
  reached: ReachedPods[]
  lost: LostTraffic[]
}

function destinationsOf(route: HostRoute): Destination[] {
  if (route.malformed !== null) return [{ host: '', subset: route.malformed, share: 1 }]
  const total = route.weights.reduce((sum, weight) => sum + weight, 0)
  return route.entries.map(({ index, subset }) => ({
    host: route.hosts[index] ?? '',
    subset,
    share: (route.weights[index] ?? 0) / total,
  }))
}

function resolveDestination(
  { host, subset, share }: Destination,
  pair: Pair,
  subsets: readonly Subset[],
  ready: readonly Pod[],
): Resolved {
  if (host === '') return lostAt('its destinations', subset ?? '', share)
  const own = [pair.stable, pair.canary].find((side) => side.host?.toLowerCase() === host)
  if (own !== undefined) {
    const pods = ready.filter(({ version }) => version === own.version)
    return pods.length === 0 ? lostAt(host, 'it has no ready pod', share) : split(pods, share)
  }
  if (host !== scopeHost(pair)) return { reached: [{ name: host, version: null, share }], lost: [] }
  if (subset === null) {
    return ready.length === 0 ? lostAt(host, 'it has no ready pod', share) : split(ready, share)
  }
  const known = subsets.find(({ name }) => name === subset)
  if (known === undefined) return lostAt(`subset ${subset}`, 'no DestinationRule defines it', share)
  const pods = ready.filter(({ labels }) => selects(known, labels))
  return pods.length === 0
    ? lostAt(`subset ${subset}`, `its labels ${labelsText(known)} select no ready pod`, share)
    : split(pods, share)
}

function selects({ labels }: Subset, pod: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => pod[key] === value)
}

function labelsText({ labels }: Subset): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

function lostAt(name: string, why: string, share: number): Resolved {
  return { reached: [], lost: [{ name, why, share }] }
}

/** Requests are spread over pods evenly, so that a version gets as much as it has pods. */
function split(pods: readonly Pod[], share: number): Resolved {
  const versions = [...new Set(pods.map(({ version }) => version))]
  const reached = versions.map((version) => {
    const count = pods.filter((pod) => pod.version === version).length
    return { name: version ?? 'pods without a version', version, share: (share * count) / pods.length }
  })
  return { reached, lost: [] }
}

/** merged adds up what several destinations of a route reach. */
function merged(found: readonly Resolved[]): Resolved {
  const reached = new Map<string, ReachedPods>()
  for (const pods of found.flatMap((each) => each.reached)) {
    const known = reached.get(pods.name)
    reached.set(pods.name, { ...pods, share: pods.share + (known?.share ?? 0) })
  }
  return { reached: [...reached.values()], lost: found.flatMap(({ lost }) => lost) }
}
