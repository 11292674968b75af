import type { Pair, Scope } from './pair.ts'

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

/** hostsOfScope lists the resolved hosts that belong to a scope: the one that callers name, and versions' own. */
export function hostsOfScope(scope: Scope | Pair): string[] {
  const sides = 'stable' in scope ? [scope.stable.host, scope.canary.host] : []
  const own = [...(scope.hosts ?? []), ...sides].filter((host) => host !== undefined)
  return [...new Set([scopeHost(scope), ...own.map((host) => host.toLowerCase())])]
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
