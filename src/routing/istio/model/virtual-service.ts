import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { covers, fqdn, scopeHost } from './host.ts'
import type { Scope } from './pair.ts'
import { listAt, refOf, textAt, textsAt } from './rule.ts'

/** hostsOf gives a VirtualService's hosts, resolved. A delegate has none. */
export function hostsOf(object: KubeObject, clusterDomain: string): string[] {
  const { namespace } = refOf(object)
  return textsAt(object.spec, 'hosts').map((host) => fqdn(host, namespace, clusterDomain))
}

/** isDelegate tells whether a VirtualService is only a part of others. */
export function isDelegate(object: KubeObject): boolean {
  return listAt(object.spec, 'hosts').length === 0
}

/** isMesh tells whether a VirtualService that has hosts binds the sidecars. */
export function isMesh(object: KubeObject): boolean {
  const gateways = textsAt(object.spec, 'gateways')
  return !isDelegate(object) && (gateways.length === 0 || gateways.includes('mesh'))
}

/** isPublic tells whether clients of every namespace see an object. */
export function isPublic(object: KubeObject): boolean {
  const exportTo = textsAt(object.spec, 'exportTo')
  return exportTo.length === 0 || exportTo.includes('*')
}

/** visibleIn gives the namespaces that see an object, null for all. */
export function visibleIn(object: KubeObject): string[] | null {
  if (isPublic(object)) return null
  const { namespace } = refOf(object)
  return textsAt(object.spec, 'exportTo').map((name) => (name === '.' ? namespace : name))
}

/** Delegation is one rule of a root VirtualService that hands over to another one. */
interface Delegation {
  root: KubeObject
  rule: number
  /** `VirtualService shop/routes`. */
  delegate: string
}

/** delegations lists who hands over to whom. */
export function delegations(objects: readonly KubeObject[]): Delegation[] {
  return objects.flatMap((root) =>
    listAt(root.spec, 'http').flatMap((body, rule) => {
      const to = isObject(body) ? body.delegate : undefined
      const name = textAt(to, 'name')
      if (name === null) return []
      const namespace = textAt(to, 'namespace') || refOf(root).namespace
      return [{ root, rule, delegate: refText({ kind: 'VirtualService', namespace, name }) }]
    }),
  )
}

/** byAge orders objects as Istio does: oldest first, then by name and namespace. */
export function byAge(left: KubeObject, right: KubeObject): number {
  const [a, b] = [refOf(left), refOf(right)]
  return compare(born(left), born(right)) || compare(a.name, b.name) || compare(a.namespace, b.namespace)
}

function born(object: KubeObject): number {
  const time = Date.parse(object.metadata.creationTimestamp ?? '')
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time
}

function compare<Value extends string | number>(left: Value, right: Value): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** virtualServicesFor lists the mesh VirtualServices whose hosts name the scope's host, exact ones apart from wildcards. */
export function virtualServicesFor(
  objects: readonly KubeObject[],
  scope: Scope,
): { exact: KubeObject[]; wildcard: KubeObject[] } {
  const host = scopeHost(scope)
  const mesh = objects.filter(isMesh).sort(byAge)
  const exact = mesh.filter((object) => hostsOf(object, scope.clusterDomain).includes(host))
  const wildcard = mesh.filter(
    (object) =>
      !exact.includes(object) &&
      hostsOf(object, scope.clusterDomain).some((pattern) => covers(pattern, host)),
  )
  return { exact, wildcard }
}

/** bindsEverySidecar tells whether a VirtualService speaks for the host to the sidecars of the scope's namespace. */
export function bindsEverySidecar(objects: readonly KubeObject[], scope: Scope): boolean {
  const { exact, wildcard } = virtualServicesFor(objects, scope)
  const seen = exact.some((object) => isPublic(object) || refOf(object).namespace === scope.namespace)
  return seen || wildcard.length > 0
}
