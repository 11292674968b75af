import type { JsonObject, JsonPatchOperation, KubeObject } from '../../../../release/kubernetes.ts'
import { pointer, sameJson } from '../../../json-patch.ts'
import type { Scope } from '../../model/pair.ts'
import { listAt, type Rule, textAt } from '../../model/rule.ts'
import type { RouteEdit } from '../route-edit.ts'

/** previewName names the rules that a preview puts in: by it they are found and taken out again. */
export function previewName(scope: Scope): string {
  return `shiftgate-preview-${scope.service}-${scope.namespace}`
}

/** stickyName names the rules that keep users on the canary. */
export function stickyName(scope: Scope): string {
  return `shiftgate-sticky-${scope.service}-${scope.namespace}`
}

/** isManagedRule tells whether a rule is one that a release put in: it is no part of what is divided. */
export function isManagedRule(rule: Rule, scope: Scope): boolean {
  return rule.name === previewName(scope) || rule.name === stickyName(scope)
}

/** rulesWithName lists where an object's http rules of a name stand. */
function rulesWithName(object: KubeObject, name: string): number[] {
  return listAt(object.spec, 'http').flatMap((rule, index) => (textAt(rule, 'name') === name ? [index] : []))
}

/** removeRules takes an object's rules of a name out, from the last to the first: no removal moves another's. */
export function removeRules(object: KubeObject, name: string): RouteEdit {
  const indices = rulesWithName(object, name)
  return {
    tests: indices.map((index) => ({
      op: 'test',
      path: pointer('spec', 'http', index, 'name'),
      value: name,
    })),
    changes: [...indices].reverse().map((index) => ({ op: 'remove', path: pointer('spec', 'http', index) })),
  }
}

/**
 * placeRules puts each rule of `fresh` right before the rule whose index it has there, in the place of all that had
 * the name before; `tests` bind what was planned on. From the last rule to the first: what is put in or taken out
 * moves only rules that are done.
 */
export function placeRules(
  object: KubeObject,
  name: string,
  fresh: ReadonlyMap<number, JsonObject>,
  tests: readonly JsonPatchOperation[],
): RouteEdit {
  const http = listAt(object.spec, 'http')
  const old = rulesWithName(object, name)
  const places = [...fresh.keys()].sort((left, right) => left - right)
  const same =
    old.length === places.length &&
    places.every((index, at) => old[at] === index - 1 && sameJson(http[index - 1], fresh.get(index)))
  if (same) return { tests: [], changes: [] }
  const changes: JsonPatchOperation[] = []
  for (let index = http.length - 1; index >= 0; index -= 1) {
    const rule = fresh.get(index)
    if (rule !== undefined) changes.push({ op: 'add', path: pointer('spec', 'http', index), value: rule })
    else if (old.includes(index)) changes.push({ op: 'remove', path: pointer('spec', 'http', index) })
  }
  return { tests: [...removeRules(object, name).tests, ...tests], changes }
}
