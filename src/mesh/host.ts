import type { Scope } from './pair.ts'

/**
 * fqdn resolves a host as Istio does: a name without any dot belongs to the namespace of the rule that writes
 * it; everything else (FQDNs, `reviews.prod`, wildcards, addresses) is taken literally. Lower case.
 */
export function fqdn(host: string, namespace: string, clusterDomain: string): string {
  const name = host.toLowerCase()
  if (name === '*' || name === '' || name.includes('.')) return name
  return `${name}.${namespace}.svc.${clusterDomain}`
}

/** scopeHost gives the fully qualified host of a scope. */
export function scopeHost(scope: Scope): string {
  return `${scope.service}.${scope.namespace}.svc.${scope.clusterDomain}`.toLowerCase()
}

/** covers tells whether a host pattern (`*`, `*.prod.svc.cluster.local`, a name) matches a host. Both resolved. */
export function covers(pattern: string, host: string): boolean {
  if (pattern === host || pattern === '*') return true
  return pattern.startsWith('*') && host.endsWith(pattern.slice(1))
}

/** looksLike tells whether a literal host was meant for the scope's Service, though it resolves to nothing. */
export function looksLike(host: string, scope: Scope): boolean {
  const { service, namespace } = scope
  return [`${service}.${namespace}`, `${service}.${namespace}.svc`].includes(host.toLowerCase())
}
