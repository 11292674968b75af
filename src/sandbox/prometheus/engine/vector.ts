import { PromqlError } from '../promql/error.ts'
import { labelsKey } from '../storage.ts'
import type { Labels } from '../target.ts'

/** Element is one series' value at the moment of evaluation. */
export interface Element {
  labels: Labels
  value: number
}

export type Vector = Element[]

const nameless = new WeakMap<Labels, Labels>()

/**
 * withoutName drops the metric's name: what is computed from a metric is not that metric. The same labels give the
 * same object again.
 */
export function withoutName(labels: Labels): Labels {
  if (labels['__name__'] === undefined) return labels
  const known = nameless.get(labels)
  if (known !== undefined) return known
  const { __name__: _name, ...rest } = labels
  nameless.set(labels, rest)
  return rest
}

/** onlyLabels keeps the labels of a list. */
export function onlyLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {}
  for (const name of names) if (labels[name] !== undefined) kept[name] = labels[name]
  return kept
}

/** exceptLabels drops the labels of a list. */
export function exceptLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(labels)) if (!names.includes(name)) kept[name] = value
  return kept
}

/** distinct gives the vector back; it throws `execution` where two elements have the same labels. */
export function distinct(vector: Vector): Vector {
  if (vector.length < 2) return vector
  const seen = new Set(vector.map((element) => labelsKey(element.labels)))
  if (seen.size === vector.length) return vector
  throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset')
}
