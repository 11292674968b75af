import { Failure } from '../../../release/failure.ts'
import type { VersionSplit } from '../../../release/request.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { covers, fqdn, scopeHost } from './host.ts'
import type { Scope } from './pair.ts'
import { entriesOf, refOf, rulesOf } from './rule.ts'
import { hostsOf } from './virtual-service.ts'

/** DetectedSplit is how existing routes tell versions apart. */
export interface DetectedSplit {
  /** null: no route says it, or routes disagree (`ambiguous`). */
  split: 'subset' | 'host' | null
  ambiguous: boolean
  /** Resolved names of Services that look like single versions of the host, for a split by host. */
  hosts: string[]
}

/**
 * detectSplit tells by what existing routes divide a host: by subsets of one Service, or by Services named
 * `<service>-…` of its namespace to which VirtualServices of the host send traffic.
 */
export function detectSplit(snapshot: RoutingSnapshot, scope: Scope): DetectedSplit {
  const host = scopeHost(scope)
  const suffix = `.${scope.namespace}.svc.${scope.clusterDomain}`.toLowerCase()
  const isVersion = (name: string) =>
    name.startsWith(`${scope.service.toLowerCase()}-`) && name.endsWith(suffix)
  const targets = snapshot.virtualServices.flatMap((object) => {
    const speaks = hostsOf(object, scope.clusterDomain).some((pattern) => covers(pattern, host))
    return rulesOf(object).flatMap((rule) =>
      entriesOf(rule).map((entry) => ({
        speaks,
        subset: entry.subset,
        host: fqdn(entry.host, refOf(object).namespace, scope.clusterDomain),
      })),
    )
  })
  const subset = targets.some((target) => target.host === host && target.subset !== null)
  const versions = targets
    .filter((target) => target.speaks && isVersion(target.host))
    .map((target) => target.host)
  const ambiguous = subset && versions.length > 0
  const split = ambiguous ? null : subset ? 'subset' : versions.length > 0 ? 'host' : null
  return { split, ambiguous, hosts: [...new Set(versions)] }
}

/**
 * chosenSplit gives the split that was asked for, or that existing routes have. It throws Failure('invalid-input') where
 * they have both.
 */
export function chosenSplit(
  snapshot: RoutingSnapshot,
  target: Scope,
  choice: VersionSplit,
): { byHost: boolean; hosts: string[] } {
  const { split, ambiguous, hosts } = detectSplit(snapshot, target)
  if (choice !== 'auto') return { byHost: choice === 'host', hosts }
  if (!ambiguous) return { byHost: split === 'host', hosts }
  throw new Failure(
    'invalid-input',
    `Routes divide ${target.service} by subsets and by Services of single versions (${hosts.join(', ')}): say which is meant with "split: subset" or "split: host".`,
    { details: { field: 'split', value: null } },
  )
}
