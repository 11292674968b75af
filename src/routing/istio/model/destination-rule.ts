import { type JsonObject, type KubeObject, type ObjectRef, refText } from '../../../release/kubernetes.ts'
import { isObject, sameJson } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { beingDeleted } from '../checks/deletion.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { covers, fqdn, scopeHost } from './host.ts'
import type { Scope } from './pair.ts'
import { listAt, refOf, textAt } from './rule.ts'
import { byAge } from './virtual-service.ts'

/** Subset is one subset of the DestinationRule in force. */
export interface Subset {
  name: string
  labels: Record<string, string>
  /** The version known to have its labels, else its `version` label, else the one version whose pods its labels select; null: none, several, or not known. */
  version: string | null
  object: ObjectRef
}

/** EffectiveDestinationRules is what the mesh makes of every DestinationRule of a host, seen from the Service's own namespace. */
export interface EffectiveDestinationRules {
  /** The rules that are merged, oldest first: those of the Service's namespace that name exactly its host. */
  rules: KubeObject[]
  /** Where there is none of those: the wildcard or mesh-wide rule that applies, and that a new one would hide. */
  inherited: KubeObject | null
  subsets: Subset[]
  problems: Problem[]
  warnings: Problem[]
}

/** ruleHost gives a DestinationRule's host, resolved. */
export function ruleHost(object: KubeObject, clusterDomain: string): string {
  return fqdn(textAt(object.spec, 'host') ?? '', refOf(object).namespace, clusterDomain)
}

/** labelsOf gives a subset's labels. */
function labelsOf(subset: JsonObject): Record<string, string> {
  const { labels } = subset
  if (!isObject(labels)) return {}
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]))
}

/** effectiveDestinationRules finds the rules in force for a host and their merged subsets (oldest rule wins a name). */
export function effectiveDestinationRules(
  snapshot: RoutingSnapshot,
  scope: Scope,
): EffectiveDestinationRules {
  const host = scopeHost(scope)
  const root = scope.rootNamespace ?? 'istio-system'
  const all = [...snapshot.destinationRules]
    .filter((object) => covers(ruleHost(object, scope.clusterDomain), host))
    .sort(byAge)
  const isExact = (object: KubeObject) => ruleHost(object, scope.clusterDomain) === host
  const here = all.filter((object) => refOf(object).namespace === scope.namespace && !hasSelector(object))
  const exact = here.filter(isExact)
  const rules = exact.filter((object) => sameExport(object, exact[0]))
  const inherited =
    rules.length > 0
      ? null
      : (mostSpecific(here, scope) ??
        mostSpecific(
          all.filter((object) => refOf(object).namespace === root && !hasSelector(object)),
          scope,
        ))
  const { subsets, warnings } = merge(inherited === null ? rules : [inherited], scope)
  const elsewhere = all.filter((object) => ![scope.namespace, root].includes(refOf(object).namespace))
  return {
    rules,
    inherited,
    subsets,
    problems: [
      ...differing(exact, rules),
      ...rules.flatMap(beingDeleted),
      ...selected(all, scope, isExact),
      ...elsewhere.filter(isExact).map((object) => hidden(object, scope)),
    ],
    warnings: [
      ...warnings,
      ...elsewhere.filter((object) => !isExact(object)).map((object) => hidden(object, scope)),
    ],
  }
}

function hasSelector(object: KubeObject): boolean {
  const selector = object.spec?.workloadSelector
  return isObject(selector)
}

function sameExport(left: KubeObject, right: KubeObject | undefined): boolean {
  return right !== undefined && sameJson(listAt(left.spec, 'exportTo'), listAt(right.spec, 'exportTo'))
}

function mostSpecific(objects: readonly KubeObject[], scope: Scope): KubeObject | null {
  const length = (object: KubeObject) => ruleHost(object, scope.clusterDomain).length
  return [...objects].sort((left, right) => length(right) - length(left))[0] ?? null
}

interface MergedSubsets {
  subsets: Subset[]
  warnings: Problem[]
}

function merge(rules: readonly KubeObject[], scope: Scope): MergedSubsets {
  const merged: MergedSubsets = { subsets: [], warnings: [] }
  for (const object of rules) {
    for (const body of listAt(object.spec, 'subsets')) {
      const name = textAt(body, 'name')
      if (isObject(body) && name !== null) addSubset(merged, { name, labels: labelsOf(body) }, object, scope)
    }
  }
  return merged
}

function addSubset(
  { subsets, warnings }: MergedSubsets,
  { name, labels }: Pick<Subset, 'name' | 'labels'>,
  object: KubeObject,
  scope: Scope,
): void {
  const first = subsets.find((subset) => subset.name === name)
  if (first === undefined) {
    const version = namedVersion(labels, scope) ?? labels.version ?? onlyVersion(labels, scope)
    subsets.push({ name, labels, version, object: refOf(object) })
    if (Object.keys(labels).length === 0) warnings.push(selectsAll(name, object))
  } else {
    warnings.push(
      problem(
        'SG-subset-duplicate',
        refText(refOf(object)),
        `Its subset “${name}” is ignored: ${refText(first.object)} is older and has a subset of that name.`,
        'Rename or remove one of the two.',
      ),
    )
  }
}

/** namedVersion gives the version that is known to be selected by a set of labels; null where none is. */
function namedVersion(
  labels: Readonly<Record<string, string>>,
  { labels: known = [] }: Scope,
): string | null {
  const found = known.find((each) =>
    Object.entries(each.labels).every(([key, value]) => labels[key] === value),
  )
  return found?.version ?? null
}

/** selectedVersions lists the versions that run and whose pods have all of a subset's labels. */
export function selectedVersions(
  labels: Readonly<Record<string, string>>,
  { versions = [] }: Scope,
): (string | null)[] {
  const fits = (pod: Readonly<Record<string, string>>) =>
    Object.entries(labels).every(([key, value]) => pod[key] === value)
  return [...new Set(versions.filter((each) => fits(each.labels)).map(({ version }) => version))]
}

/** Labels tell a version only where another one runs that lacks them: else the next version could have them too. */
function onlyVersion(labels: Readonly<Record<string, string>>, scope: Scope): string | null {
  const found = selectedVersions(labels, scope)
  const running = selectedVersions({}, scope)
  return found.length === 1 && running.length > 1 ? (found[0] ?? null) : null
}

function selectsAll(name: string, object: KubeObject): Problem {
  return problem(
    'SG-subset-selects-all',
    refText(refOf(object)),
    `Its subset “${name}” has no labels and selects the pods of every version; it is never taken for a version.`,
    'Give it a version label, or remove it.',
  )
}

function differing(exact: readonly KubeObject[], rules: readonly KubeObject[]): Problem[] {
  const other = exact.find((object) => !rules.includes(object))
  const [first] = rules
  if (other === undefined || first === undefined) return []
  return [
    problem(
      'SG-destination-rules-differ',
      refText(refOf(other)),
      `It and ${refText(refOf(first))} are about the same host with different exportTo: the mesh uses one of them whole, and which one depends on the client.`,
      'Merge the two into one DestinationRule.',
    ),
  ]
}

function selected(
  all: readonly KubeObject[],
  scope: Scope,
  isExact: (object: KubeObject) => boolean,
): Problem[] {
  return all
    .filter((object) => refOf(object).namespace === scope.namespace && hasSelector(object) && isExact(object))
    .map((object) =>
      problem(
        'SG-destination-rule-selector',
        refText(refOf(object)),
        'It replaces the host’s subsets for the clients that its workloadSelector selects: their requests to a subset would fail with 503.',
        'Remove its workloadSelector, or remove the rule.',
      ),
    )
}

function hidden(object: KubeObject, scope: Scope): Problem {
  const { namespace } = refOf(object)
  return problem(
    'SG-destination-rule-elsewhere',
    refText(refOf(object)),
    `Clients in namespace ${namespace} use it instead of the subsets in ${scope.namespace}: their requests to a subset that it lacks fail with 503.`,
    `Remove it, or move what it says to the DestinationRule of ${scope.service} in ${scope.namespace}.`,
  )
}
