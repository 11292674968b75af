import { labelsKey } from '../storage.ts'
import type { Labels } from '../target.ts'
import { exceptLabels, onlyLabels } from './vector.ts'

/**
 * LabelGroups gives the labels by which an element falls into a group. Elements of one group get the very same
 * object, so that groups are told apart by identity; each label set is looked at once, however many points of a
 * range query it shows up in.
 */
export type LabelGroups = (labels: Labels) => Labels

/** groupBy makes the groups of `by`/`on` (these names) or `without`/`ignoring` (all but these and the metric's). */
export function groupBy(names: readonly string[], mode: 'only' | 'except'): LabelGroups {
  const dropped = ['__name__', ...names]
  const bySet = new WeakMap<Labels, Labels>()
  const byKey = new Map<string, Labels>()
  return (labels) => {
    const known = bySet.get(labels)
    if (known !== undefined) return known
    const made = mode === 'only' ? onlyLabels(labels, names) : exceptLabels(labels, dropped)
    const key = labelsKey(made)
    const group = byKey.get(key) ?? made
    byKey.set(key, group)
    bySet.set(labels, group)
    return group
  }
}
