import type { KubeObject, RoutingObjects } from '../../release/kubernetes.ts'

/** RoutingSnapshot is every VirtualService and DestinationRule that we may read, and the places that we may not. */
export interface RoutingSnapshot {
  /** Version of `networking.istio.io` to write new objects in: `v1`, else `v1beta1`, else `v1alpha3`. */
  apiVersion: string
  virtualServices: KubeObject[]
  destinationRules: KubeObject[]
  /** Namespaces whose routing objects could not be listed; `*` where the list over all namespaces is forbidden. */
  unreadable: string[]
}

/** toRoutingSnapshot sorts what a cluster gave by its kinds; objects of other kinds are left out. */
export function toRoutingSnapshot({ apiVersion, objects, unreadable }: RoutingObjects): RoutingSnapshot {
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind)
  return {
    apiVersion,
    virtualServices: ofKind('VirtualService'),
    destinationRules: ofKind('DestinationRule'),
    unreadable,
  }
}
