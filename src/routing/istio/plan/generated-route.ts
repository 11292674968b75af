import type { Json, ObjectRef, ServiceView } from '../../../release/kubernetes.ts'
import { refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import { scopeHost } from '../model/host.ts'
import { hostRoutes, isLive } from '../model/host-route.ts'
import { isInitial, type Pair, type Scope, type Side } from '../model/pair.ts'
import { primaryOf } from '../model/primary.ts'
import { refOf } from '../model/rule.ts'
import { bindsEverySidecar, virtualServicesFor } from '../model/virtual-service.ts'
import type { RoutingSnapshot } from '../snapshot.ts'

/** freeName gives the first of some names that no object of the kind has in the scope's namespace. */
export function freeName(
  snapshot: RoutingSnapshot,
  scope: Scope,
  kind: ObjectRef['kind'],
  words: string[],
): string {
  const objects = kind === 'VirtualService' ? snapshot.virtualServices : snapshot.destinationRules
  const taken = new Set(
    objects.map(refOf).flatMap((ref) => (ref.namespace === scope.namespace ? [ref.name] : [])),
  )
  const candidates = [scope.service, ...words.map((word) => `${scope.service}-${word}`)]
  for (let number = 2; ; number += 1) {
    const free = candidates.find((name) => !taken.has(name))
    if (free !== undefined) return free
    candidates.push(`${scope.service}-${words[0]}-${number}`)
  }
}

/**
 * missingMesh names the mesh VirtualService that a pin makes because none speaks for the host: without it,
 * sidecars would call the bare Service, and so the canary's pods, whatever gateways' routes say. null where the
 * host has one.
 */
export function missingMesh(snapshot: RoutingSnapshot, scope: Scope): ObjectRef | null {
  if (bindsEverySidecar(snapshot.virtualServices, scope)) return null
  return {
    kind: 'VirtualService',
    namespace: scope.namespace,
    name: freeName(snapshot, scope, 'VirtualService', ['mesh']),
  }
}

/** primaryAfterPin names the VirtualService that holds the state once routes are pinned. */
export function primaryAfterPin(snapshot: RoutingSnapshot, scope: Scope): ObjectRef | null {
  return missingMesh(snapshot, scope) ?? primaryOf(hostRoutes(snapshot, scope).filter(isLive), scope)
}

/** wildcardOnly says that the host is only covered by a mesh wildcard without a route of its own. */
export function wildcardOnly(snapshot: RoutingSnapshot, scope: Scope): Problem[] {
  const { exact, wildcard } = virtualServicesFor(snapshot.virtualServices, scope)
  const [first] = wildcard
  if (exact.length > 0 || first === undefined) return []
  const routed = hostRoutes(snapshot, scope).some((route) => isLive(route) && route.mesh)
  if (routed) return []
  return [
    problem(
      'SG-wildcard-host',
      refText(refOf(first)),
      `It binds sidecars for ${scopeHost(scope)} by a wildcard, but none of its routes sends traffic there; a VirtualService for the host alone would take the host away from it.`,
      `Write a VirtualService for ${scopeHost(scope)} that does what the wildcard does for it.`,
    ),
  ]
}

/** generatedSpec is the VirtualService of a host that has none: everything to stable, nothing to the canary. */
export function generatedSpec(pair: Pair, service: ServiceView | null): Record<string, Json> {
  const host = scopeHost(pair)
  const tcp = (service?.ports ?? []).filter(isTcp)
  const http = service === null || service.ports.length > tcp.length
  return {
    hosts: [host],
    ...(http ? { http: [{ route: route(pair, host) }] } : {}),
    ...(tcp.length > 0
      ? { tcp: tcp.map(({ port }) => ({ match: [{ port }], route: route(pair, host, port) })) }
      : {}),
  }
}

function route(pair: Pair, host: string, port?: number): Json[] {
  const to = (side: Side, weight: number): Json => ({
    destination: {
      ...(side.host === undefined ? { host, subset: side.subset } : { host: side.host }),
      ...(port === undefined ? {} : { port: { number: port } }),
    },
    weight,
  })
  const stable = to(pair.stable, 100)
  return isInitial(pair) ? [stable] : [stable, to(pair.canary, 0)]
}

const tcpProtocols = new Set(['tcp', 'mongo', 'redis', 'mysql', 'https', 'tls'])
const tcpPorts = new Set([25, 53, 3306, 27_017])

/** Istio takes the protocol from appProtocol, else from the port name's prefix, else by looking (http or tcp). */
function isTcp(port: ServiceView['ports'][number]): boolean {
  if (port.protocol === 'UDP') return false
  const named = port.appProtocol ?? port.name?.split('-')[0] ?? ''
  return tcpProtocols.has(named.toLowerCase()) || (named === '' && tcpPorts.has(port.port))
}
