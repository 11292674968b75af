import type {
  Pair,
  Problem,
  RenderResult,
  RouteSelector,
  Side,
  SourceFile,
} from '../../routing/istio/routing.ts'
import {
  buildRouteModel,
  newSubsetName,
  renderYaml,
  sourceSnapshot,
  subsetFor,
} from '../../routing/istio/routing.ts'

/** RenderRequest is what files shall say: everything that a cluster would otherwise be asked. */
export interface RenderRequest {
  namespace: string
  service: string
  clusterDomain: string
  /** Versions, as their pods are labelled. */
  stable: string
  canary: string
  /** The canary's share in percent, 0–100. */
  weight: number
  /** Where each version has a Service of its own: their names; null: versions are subsets. */
  hosts: { stable: string; canary: string } | null
  routes: RouteSelector[] | null
}

/**
 * renderFiles edits routing objects in YAML files as a release would edit them in a cluster at this weight. Every
 * byte that is not about the share stays. It gives the files, or why nothing was changed; it writes nothing.
 */
export function renderFiles(sources: readonly SourceFile[], order: RenderRequest): RenderResult {
  const { namespace, service, clusterDomain, hosts, routes, weight } = order
  const scope = { namespace, service, clusterDomain, ...(routes === null ? {} : { routes }) }
  const found = buildRouteModel(sourceSnapshot(sources, scope), scope)
  const side = (version: string, host: string | undefined): Side => {
    const subset = subsetFor(found, version) ?? newSubsetName(found, version)
    return host === undefined
      ? { version, subset }
      : { version, subset, host: host.includes('.') ? host : `${host}.${namespace}.svc.${clusterDomain}` }
  }
  const pair: Pair = {
    ...scope,
    stable: side(order.stable, hosts?.stable),
    canary: side(order.canary, hosts?.canary),
  }
  return renderYaml(sources, { pair, percent: weight })
}

/** problemText says a problem in one line, with what to do. */
export function problemText({ code, object, text, remedy }: Problem): string {
  return `${code}${object ? ` ${object}` : ''}: ${text}${remedy ? ` ${remedy}` : ''}`
}
