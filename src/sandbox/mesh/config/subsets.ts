import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import { records, toRecord } from '../proxies/pod.ts'
import { exportedTo, fqdnOf, olderFirst, specificity, strings } from './hosts.ts'

/** SubsetLookup says who asks for a host's subsets. */
interface SubsetLookup {
  host: string
  clientNamespace: string
  clientLabels: Readonly<Record<string, string>>
  serviceNamespace: string
  rootNamespace: string
  clusterDomain: string
}

/**
 * subsetsOf gives the subsets of a host as one client sees them, labels by name. The first namespace that has a
 * rule wins whole: the client's, the Service's, the root. In it the most specific host wins; several rules for
 * that host and with the same exportTo are merged, the older one's subset of a name wins. With different
 * exportTo the newest rule wins. A rule with a workloadSelector that fits the client beats the general ones.
 */
export function subsetsOf(
  rules: Iterable<KubeObject>,
  lookup: SubsetLookup,
): Map<string, Record<string, string>> {
  const all = [...rules].filter((rule) => specificity(hostOf(rule, lookup), lookup.host) >= 0)
  for (const namespace of [lookup.clientNamespace, lookup.serviceNamespace, lookup.rootNamespace]) {
    const here = all.filter(
      (rule) => rule.metadata.namespace === namespace && exportedTo(rule, lookup.clientNamespace) >= 0,
    )
    const winner = winnersIn(here, lookup)
    if (winner !== null) return winner
  }
  return new Map()
}

function hostOf(rule: KubeObject, lookup: SubsetLookup): string {
  return fqdnOf(String(toRecord(rule.spec).host ?? ''), rule.metadata.namespace ?? '', lookup.clusterDomain)
}

function winnersIn(rules: KubeObject[], lookup: SubsetLookup): Map<string, Record<string, string>> | null {
  if (rules.length === 0) return null
  const best = Math.max(...rules.map((rule) => specificity(hostOf(rule, lookup), lookup.host)))
  const exact = rules
    .filter((rule) => specificity(hostOf(rule, lookup), lookup.host) === best)
    .sort(olderFirst)
  const selected = exact.find((rule) => {
    const wanted = selectorOf(rule)
    return (
      wanted !== null &&
      rule.metadata.namespace === lookup.clientNamespace &&
      isSubsetOf(wanted, lookup.clientLabels)
    )
  })
  if (selected !== undefined) return merged([selected])
  const general = exact.filter((rule) => selectorOf(rule) === null)
  const newest = general.at(-1)
  if (newest === undefined) return null
  const exported = exportKey(newest)
  return merged(general.filter((rule) => exportKey(rule) === exported))
}

function selectorOf(rule: KubeObject): Record<string, string> | null {
  const selector = toRecord(rule.spec).workloadSelector
  return selector === undefined ? null : subsetLabels(toRecord(selector).matchLabels)
}

function exportKey(rule: KubeObject): string {
  const list = strings(toRecord(rule.spec).exportTo)
  return list.length === 0 ? '*' : [...list].sort().join()
}

function merged(rules: KubeObject[]): Map<string, Record<string, string>> {
  const subsets = new Map<string, Record<string, string>>()
  for (const rule of rules) {
    for (const subset of records(toRecord(rule.spec).subsets)) {
      const name = String(subset.name ?? '')
      if (!subsets.has(name)) subsets.set(name, subsetLabels(subset.labels))
    }
  }
  return subsets
}

/** subsetLabels reads a map of labels. */
export function subsetLabels(value: unknown): Record<string, string> {
  const labels: Record<string, string> = {}
  const source: JsonObject = toRecord(value)
  for (const [key, text] of Object.entries(source)) if (typeof text === 'string') labels[key] = text
  return labels
}

/** isSubsetOf tells whether `labels` has all of `wanted`; an empty `wanted` fits everything. */
export function isSubsetOf(
  wanted: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value)
}
