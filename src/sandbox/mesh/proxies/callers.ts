import type { KubeObject } from '../../../release/kubernetes.ts'
import { hashText } from '../../../simulation/random.ts'
import type { Caller, TrafficModel } from '../../../simulation/traffic-model.ts'
import type { ConfigView } from '../config/config-view.ts'
import { fqdnOf, olderFirst } from '../config/hosts.ts'
import type { PlanContext } from '../config/plan.ts'
import { gatewaysOf, routeHosts } from '../config/route-choice.ts'
import type { MeshRequest } from '../config/route-match.ts'
import { type MeshPod, records, toRecord } from './pod.ts'

/** CallerPod is one pod that calls: what it is, and the part of all requests that it makes. */
export interface CallerPod {
  caller: Caller
  pod: MeshPod
  /** Its part of all requests, from 0 to 1. */
  share: number
}

/**
 * callerPods gives every pod that calls: those of the Deployment of the caller's name where there are ready
 * ones, else invented ones, which then exist for the mesh and for Prometheus only.
 */
export function callerPods(pods: Iterable<MeshPod>, model: TrafficModel): CallerPod[] {
  const able = [...pods].filter((pod) => pod.ready && pod.injected)
  const sum = model.callers.reduce((total, caller) => total + caller.share, 0)
  return model.callers.flatMap((caller) => {
    const real = able.filter((pod) => pod.namespace === caller.namespace && pod.workload === caller.name)
    const chosen = real.length > 0 ? real : inventedPods(caller)
    return chosen.map((pod) => ({ caller, pod, share: caller.share / sum / chosen.length }))
  })
}

function inventedPods(caller: Caller): MeshPod[] {
  const labels = { app: caller.name, version: 'v1', ...caller.labels }
  return Array.from({ length: caller.pods ?? 2 }, (_, index) => {
    const name = `${caller.name}-${hashText(caller.name, 7).toString(36)}-${index}`
    const place = hashText(`${caller.namespace}/${name}`, 11)
    return {
      uid: `${caller.namespace}/${name}`,
      name,
      namespace: caller.namespace,
      node: null,
      ip: `10.244.${(place >>> 8) & 255}.${place & 255}`,
      labels,
      tag: null,
      workload: caller.name,
      serviceAccount: 'default',
      ready: true,
      serving: true,
      restarts: 0,
      terminating: false,
      injected: true,
      incarnation: `${caller.namespace}/${name}#0`,
      proxyRunning: true,
    }
  })
}

/** requestsOf gives the sorts of requests that a caller makes, as its proxy sees them, with their shares. */
export function requestsOf(
  caller: Caller,
  pod: MeshPod,
  view: ConfigView,
  service: { namespace: string; name: string; port: number | null },
  context: PlanContext,
): { share: number; request: MeshRequest }[] {
  const shapes = caller.requests ?? [{ share: 1 }]
  const sum = shapes.reduce((total, shape) => total + shape.share, 0)
  const fqdn = `${service.name}.${service.namespace}.svc.${context.clusterDomain}`
  const entry = caller.through === 'gateway' ? gatewayEntry(caller, view, fqdn, context) : null
  const host = caller.host ?? entry?.host ?? fqdn
  return shapes.map((shape) => ({
    share: shape.share / sum,
    request: {
      host: caller.through === 'sidecar' ? fqdnOf(host, caller.namespace, context.clusterDomain) : host,
      path: shape.path ?? '/',
      method: shape.method ?? 'GET',
      headers: shape.headers ?? {},
      port: caller.through === 'sidecar' ? service.port : null,
      sourceNamespace: caller.namespace,
      sourceLabels: pod.labels,
      gateway: caller.through === 'sidecar' ? 'mesh' : (caller.gateway ?? entry?.gateway ?? '*'),
    },
  }))
}

/** gatewayEntry finds where requests for the service enter: the oldest VirtualService of a gateway with a route to it. */
function gatewayEntry(
  caller: Caller,
  view: ConfigView,
  fqdn: string,
  context: PlanContext,
): { host: string; gateway: string } | null {
  for (const object of [...view.virtualServices.values()].sort(olderFirst)) {
    const gateway = gatewaysOf(object).find((name) => name !== 'mesh' && (caller.gateway ?? name) === name)
    const host = caller.host ?? routeHosts(object).find((name) => !name.includes('*'))
    if (gateway === undefined || host === undefined || !leadsTo(object, fqdn, context)) continue
    return { host, gateway }
  }
  return null
}

function leadsTo(object: KubeObject, fqdn: string, context: PlanContext): boolean {
  const namespace = object.metadata.namespace ?? ''
  return records(toRecord(object.spec)['http']).some(
    (rule) =>
      rule['delegate'] !== undefined ||
      records(rule['route']).some((route) => {
        const host = toRecord(route['destination'])['host']
        return typeof host === 'string' && fqdnOf(host, namespace, context.clusterDomain) === fqdn
      }),
  )
}
