import type { KubeObject } from '../../../release/kubernetes.ts'
import { toRecord } from '../proxies/pod.ts'

/** fqdnOf expands a host as Istio does: only a name without any dot gets the namespace of its object. */
export function fqdnOf(host: string, namespace: string, clusterDomain: string): string {
  const plain = host.toLowerCase()
  return plain === '*' || plain.includes('.') ? plain : `${plain}.${namespace}.svc.${clusterDomain}`
}

/** specificity tells how exactly `pattern` names `host`: Infinity for the host itself, -1 for no match. */
export function specificity(pattern: string, host: string): number {
  if (pattern === host) return Number.POSITIVE_INFINITY
  if (!pattern.startsWith('*')) return -1
  const tail = pattern.slice(1)
  return host.endsWith(tail) && host.length > tail.length ? tail.length : -1
}

/** strings gives a list of strings of a spec; others are left out. */
export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

/** olderFirst sorts by creation, then name, then namespace: Istio's order of config. */
export function olderFirst(a: KubeObject, b: KubeObject): number {
  const born = (object: KubeObject): string => object.metadata.creationTimestamp ?? ''
  return (
    compare(born(a), born(b)) ||
    compare(a.metadata.name, b.metadata.name) ||
    compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '')
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** exportedTo says how an object is exported to a namespace: 0 privately, 1 by name, 2 publicly; -1 not at all. */
export function exportedTo(object: KubeObject, namespace: string): number {
  const exportTo = strings(toRecord(object.spec).exportTo)
  const own = object.metadata.namespace === namespace
  if (exportTo.length === 0 || exportTo.includes('*')) return 2
  if (own && exportTo.includes('.')) return 0
  return exportTo.includes(namespace) ? 1 : -1
}
