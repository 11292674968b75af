import type { JsonObject } from '../release/kubernetes.ts'
import { itemsAt, labelsAt, objectAt } from './deployment.ts'

/** Labels of a pod, by key. */
type Labels = Readonly<Record<string, string>>

/** isEmpty tells whether a label selector asks for nothing: it fits every pod. */
export function isEmpty(selector: JsonObject): boolean {
  return Object.keys(objectAt(selector.matchLabels)).length + itemsAt(selector.matchExpressions).length === 0
}

/** fits tells whether a pod's labels are what a label selector asks for (`matchLabels` and `matchExpressions`). */
export function fits(selector: JsonObject, labels: Labels): boolean {
  return (
    Object.entries(labelsAt(selector.matchLabels)).every(([key, value]) => labels[key] === value) &&
    itemsAt(selector.matchExpressions).every((expression) => meets(objectAt(expression), labels))
  )
}

/** One expression of a selector; one that nobody knows is met by none. */
function meets({ key, operator, values }: JsonObject, labels: Labels): boolean {
  const value = typeof key === 'string' ? labels[key] : undefined
  switch (operator) {
    case 'In':
      return value !== undefined && itemsAt(values).includes(value)
    case 'NotIn':
      return value === undefined || !itemsAt(values).includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
