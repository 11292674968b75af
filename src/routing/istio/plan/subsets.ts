import {
  type Json,
  type JsonObject,
  type JsonPatchOperation,
  type KubeObject,
  refText,
  type Write,
} from '../../../release/kubernetes.ts'
import { isExact, isObject, pointer } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { type EffectiveDestinationRules, effectiveDestinationRules } from '../model/destination-rule.ts'
import { fqdn, scopeHost } from '../model/host.ts'
import { byHost, isInitial, type Pair, type Scope, type Side } from '../model/pair.ts'
import { entriesOf, listAt, refOf, rulesOf, ruleText, textAt } from '../model/rule.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { violationsOf } from '../validate/objects.ts'
import { createWrite, patchWrite } from './edits.ts'
import { freeName } from './generated-route.ts'
import { type Plan, refusal } from './plan.ts'
import type { RouteEdit } from './route-edit.ts'

/**
 * planSubsets gives the host's DestinationRule the subsets of both sides: appended to the one in force, else in
 * a new one, which takes over what a wildcard or mesh-wide rule said for the host. No write where they exist, nor
 * where the pair is split by host.
 */
export function planSubsets(
  snapshot: RoutingSnapshot,
  pair: Pair,
  apiVersion: string = snapshot.apiVersion,
): Plan {
  if (byHost(pair)) return { ok: true, writes: [], warnings: [] }
  const force = effectiveDestinationRules(snapshot, pair)
  const problems = [...force.problems, ...taken(force, pair)]
  if (problems.length > 0) return refusal(...problems)
  const sides = (isInitial(pair) ? [pair.stable] : [pair.stable, pair.canary]).filter(
    ({ subset }) => !force.subsets.some(({ name }) => name === subset),
  )
  const [rule] = force.rules
  if (sides.length === 0 && (rule !== undefined || force.inherited !== null))
    return { ok: true, writes: [], warnings: force.warnings }
  const summary = `subsets ${sides.map(({ subset }) => subset).join(', ')}`
  const subsets = newSubsets(force, pair, sides)
  if (rule !== undefined) {
    const write = patchWrite(rule, [appended(rule, subsets)], summary)
    return sound(snapshot, write === null ? [] : [write], force.warnings)
  }
  const name = freeName(snapshot, pair, 'DestinationRule', ['versions'])
  const ref = { kind: 'DestinationRule' as const, namespace: pair.namespace, name }
  const create = createWrite({ ...snapshot, apiVersion }, ref, newRule(force, pair, subsets), {}, summary)
  return sound(snapshot, [create], [...force.warnings, ...takenOver(force, ref)])
}

function sound(snapshot: RoutingSnapshot, writes: Write[], warnings: Problem[]): Plan {
  const mistakes = [...violationsOf(snapshot, writes), ...writes.flatMap(rounded)]
  return mistakes.length > 0 ? refusal(...mistakes) : { ok: true, writes, warnings }
}

/** Policies are copied, and a copied number must be the number that was there. */
function rounded(write: Write): Problem[] {
  const written: Json[] =
    write.action === 'create'
      ? [write.object.spec ?? null]
      : write.patch.flatMap((operation) => (operation.op === 'add' ? [operation.value] : []))
  if (written.every(isExact)) return []
  return [
    problem(
      'SG-number-too-large',
      refText(write.ref),
      'A policy to copy has a whole number beyond 9007199254740991, which can’t be read exactly.',
      'Write the DestinationRule’s subsets by hand.',
    ),
  ]
}

/** A name that exists must select the version that it is wanted for. */
function taken(force: EffectiveDestinationRules, pair: Pair): Problem[] {
  return (['stable', 'canary'] as const).flatMap((side) => {
    const { subset, version } = pair[side]
    const known = force.subsets.find(({ name }) => name === subset)
    if (known === undefined || known.version === version) return []
    return [
      problem(
        'SG-subset-name-taken',
        refText(known.object),
        `Its subset “${subset}” selects ${JSON.stringify(known.labels)}, not version ${version}.`,
        'Subset labels in use are never rewritten: choose another name for the new subset.',
      ),
    ]
  })
}

/** The canary is treated like stable: a subset-level policy of stable's counts for it too, or they can't be compared. */
function newSubsets(force: EffectiveDestinationRules, pair: Pair, sides: readonly Side[]): JsonObject[] {
  const stable = force.subsets.find(({ name }) => name === pair.stable.subset)
  const policy = stable === undefined ? undefined : bodyOf(force, stable.name)?.trafficPolicy
  return sides.map(({ subset, version }) => ({
    name: subset,
    labels: { ...(pair.labels?.find((known) => known.version === version)?.labels ?? { version }) },
    ...(isObject(policy) ? { trafficPolicy: structuredClone(policy) } : {}),
  }))
}

function bodyOf(force: EffectiveDestinationRules, name: string): JsonObject | undefined {
  const rules = force.inherited === null ? force.rules : [force.inherited]
  return rules
    .flatMap((rule) => listAt(rule.spec, 'subsets'))
    .filter(isObject)
    .find((subset) => subset.name === name)
}

function appended(rule: KubeObject, subsets: readonly JsonObject[]): RouteEdit {
  const existing = listAt(rule.spec, 'subsets')
  const tests: JsonPatchOperation[] = [
    { op: 'test', path: '/spec/host', value: textAt(rule.spec, 'host') ?? '' },
    ...existing.flatMap((subset, index): JsonPatchOperation[] => {
      const name = textAt(subset, 'name')
      return name === null
        ? []
        : [{ op: 'test', path: pointer('spec', 'subsets', index, 'name'), value: name }]
    }),
  ]
  if (!Array.isArray(rule.spec?.subsets))
    return { tests, changes: [{ op: 'add', path: '/spec/subsets', value: [...subsets] }] }
  return { tests, changes: subsets.map((value) => ({ op: 'add', path: '/spec/subsets/-', value })) }
}

function newRule(
  force: EffectiveDestinationRules,
  pair: Pair,
  subsets: readonly JsonObject[],
): Record<string, Json> {
  const spec = force.inherited?.spec ?? {}
  const { host: _, subsets: __, ...policies } = structuredClone(spec)
  return { host: scopeHost(pair), ...policies, subsets: [...listAt(spec, 'subsets'), ...subsets] }
}

function takenOver(
  force: EffectiveDestinationRules,
  ref: { kind: 'DestinationRule'; namespace: string; name: string },
): Problem[] {
  if (force.inherited === null) return []
  return [
    problem(
      'SG-policy-copied',
      refText(ref),
      `It takes the host over from ${refText(refOf(force.inherited))}, whose policies and subsets it copies; later changes there no longer reach the host.`,
    ),
  ]
}

/** planSubsetRemoval removes a subset that no route of any readable VirtualService names. */
export function planSubsetRemoval(snapshot: RoutingSnapshot, scope: Scope, subset: string): Plan {
  const named = users(snapshot, scope, subset)
  if (named.length > 0) return refusal(...named)
  if (snapshot.unreadable.length > 0)
    return refusal(
      problem(
        'SG-unreadable',
        null,
        `Whether routes in ${snapshot.unreadable.map((name) => (name === '*' ? 'other namespaces' : name)).join(', ')} name the subset “${subset}” can’t be read, so it stays.`,
        'Allow “list” on virtualservices there, or remove the subset by hand.',
      ),
    )
  const writes = effectiveDestinationRules(snapshot, scope).rules.flatMap((rule) => {
    const subsets = listAt(rule.spec, 'subsets')
    const found = subsets.flatMap((body, index) => (textAt(body, 'name') === subset ? [{ body, index }] : []))
    const paths = found.map(({ index }) => pointer('spec', 'subsets', index)).reverse()
    const edit: RouteEdit = {
      tests: found.map(({ index }) => ({
        op: 'test',
        path: pointer('spec', 'subsets', index, 'name'),
        value: subset,
      })),
      changes: paths.map((path) => ({ op: 'remove', path })),
    }
    const write = patchWrite(rule, [edit], `subset ${subset} removed`)
    return write === null ? [] : [write]
  })
  return { ok: true, writes, warnings: [] }
}

function users(snapshot: RoutingSnapshot, scope: Scope, subset: string): Problem[] {
  return snapshot.virtualServices.flatMap((object) => {
    const isIt = (target: Json | undefined) =>
      textAt(target, 'subset') === subset &&
      fqdn(textAt(target, 'host') ?? '', refOf(object).namespace, scope.clusterDomain) === scopeHost(scope)
    return rulesOf(object)
      .filter((rule) =>
        [
          ...entriesOf(rule).map(({ body }) => body.destination),
          rule.body.mirror,
          ...listAt(rule.body, 'mirrors').map((mirror) =>
            isObject(mirror) ? mirror.destination : undefined,
          ),
        ].some(isIt),
      )
      .map((rule) =>
        problem(
          'SG-subset-in-use',
          refText(refOf(object)),
          `Its ${ruleText(rule)} still names the subset “${subset}”.`,
        ),
      )
  })
}
