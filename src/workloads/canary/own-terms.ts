import type { JsonObject } from '../../release/kubernetes.ts'
import { itemsAt, objectAt } from '../deployment.ts'
import { fits, isEmpty } from '../label-selector.ts'

/** Labels that change, with their old and new values, by key. */
export type ChangedLabels = Readonly<Record<string, { from: string; to: string }>>

/**
 * withOwnTerms lets the affinity and spread terms of a pod spec that are about its own pods follow labels that change:
 * else the canary's pods would keep away from, or spread over, stable's. Terms about others stay.
 */
export function withOwnTerms(
  podSpec: JsonObject,
  podLabels: Readonly<Record<string, string>>,
  changed: ChangedLabels,
): JsonObject {
  const spec = structuredClone(podSpec)
  for (const constraint of itemsAt(spec.topologySpreadConstraints)) follow(objectAt(constraint))
  const affinity = objectAt(spec.affinity)
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const terms = objectAt(affinity[kind])
    for (const term of itemsAt(terms.requiredDuringSchedulingIgnoredDuringExecution)) follow(objectAt(term))
    for (const weighted of itemsAt(terms.preferredDuringSchedulingIgnoredDuringExecution))
      follow(objectAt(objectAt(weighted).podAffinityTerm))
  }
  return spec

  function follow(term: JsonObject): void {
    const selector = objectAt(term.labelSelector)
    if (!isEmpty(selector) && fits(selector, podLabels)) followLabels(selector, changed)
  }
}

function followLabels(selector: JsonObject, changed: ChangedLabels): void {
  const labels = objectAt(selector.matchLabels)
  const expressions = itemsAt(selector.matchExpressions).map(objectAt)
  for (const [key, { from, to }] of Object.entries(changed)) {
    if (labels[key] === from) labels[key] = to
    for (const expression of expressions) {
      const values = itemsAt(expression.values)
      if (expression.key === key && expression.operator === 'In' && values.includes(from))
        expression.values = values.map((value) => (value === from ? to : value))
    }
  }
}
