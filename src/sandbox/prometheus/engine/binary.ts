import { PromqlError } from '../promql/error.ts'
import {
  type ArithmeticOp,
  type ComparisonOp,
  isComparison,
  type Matching,
  type SetOp,
} from '../promql/tree.ts'
import { labelsKey } from '../storage.ts'
import type { Labels } from '../target.ts'
import type { LabelGroups } from './label-groups.ts'
import { type Element, exceptLabels, onlyLabels, type Vector, withoutName } from './vector.ts'

type PlainOp = ArithmeticOp | ComparisonOp

const arithmetic: Record<ArithmeticOp, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  // Go's Pow: 1 to any power is 1, and so is -1 to an infinite one.
  '^': (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
}

const comparison: Record<ComparisonOp, (a: number, b: number) => boolean> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
}

/** scalarOp computes with two numbers; a comparison gives 1 or 0. */
export function scalarOp(op: PlainOp, a: number, b: number): number {
  return isComparison(op) ? Number(comparison[op](a, b)) : arithmetic[op](a, b)
}

/** withScalar computes each element with a number; a comparison without `bool` filters. */
export function withScalar(
  op: PlainOp,
  bool: boolean,
  vector: Vector,
  scalar: number,
  scalarLeft: boolean,
): Vector {
  const result: Vector = []
  for (const { labels, value } of vector) {
    const computed = scalarLeft ? scalarOp(op, scalar, value) : scalarOp(op, value, scalar)
    if (!isComparison(op)) result.push({ labels: withoutName(labels), value: computed })
    else if (bool) result.push({ labels: withoutName(labels), value: computed })
    else if (computed === 1) result.push({ labels, value })
  }
  return result
}

/** withVector computes matching elements of two vectors with each other; `groupOf` tells which find each other. */
export function withVector(
  op: PlainOp,
  bool: boolean,
  left: Vector,
  right: Vector,
  matching: Matching,
  groupOf: LabelGroups,
): Vector {
  if (left.length === 0 || right.length === 0) return []
  const swapped = matching.card === 'one-to-many'
  const [many, ones] = swapped
    ? [right, indexed(left, groupOf, 'left')]
    : [left, indexed(right, groupOf, 'right')]
  const filters = isComparison(op) && !bool
  const result: Vector = []
  const matched = new Map<Labels, Set<string>>()
  for (const element of many) {
    const group = groupOf(element.labels)
    const other = ones.get(group)
    if (other === undefined) continue
    const [a, b] = swapped ? [other.value, element.value] : [element.value, other.value]
    const computed = scalarOp(op, a, b)
    if (filters && computed === 0) continue
    const labels = resultLabels(element, other, op, bool, matching)
    claim(matched, group, labels, matching)
    result.push({ labels, value: filters ? a : computed })
  }
  return result
}

function indexed(vector: Vector, groupOf: LabelGroups, side: string): Map<Labels, Element> {
  const found = new Map<Labels, Element>()
  for (const element of vector) {
    const group = groupOf(element.labels)
    if (found.has(group)) {
      throw new PromqlError(
        'execution',
        `found duplicate series for the match group ${JSON.stringify(group)} on the ${side} hand-side of the operation;many-to-many matching not allowed: matching labels must be unique on one side`,
      )
    }
    found.set(group, element)
  }
  return found
}

function claim(matched: Map<Labels, Set<string>>, group: Labels, labels: Labels, matching: Matching): void {
  const results = matched.get(group)
  if (matching.card === 'one-to-one') {
    if (results !== undefined) {
      throw new PromqlError(
        'execution',
        'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
      )
    }
    matched.set(group, new Set())
    return
  }
  const text = labelsKey(labels)
  if (results?.has(text)) {
    throw new PromqlError(
      'execution',
      'multiple matches for labels: grouping labels must ensure unique matches',
    )
  }
  matched.set(group, (results ?? new Set()).add(text))
}

function resultLabels(many: Element, one: Element, op: PlainOp, bool: boolean, matching: Matching): Labels {
  let labels = !isComparison(op) || bool ? withoutName(many.labels) : many.labels
  if (matching.card === 'one-to-one') {
    return matching.on ? onlyLabels(labels, matching.labels) : exceptLabels(labels, matching.labels)
  }
  for (const name of matching.include) {
    const value = one.labels[name]
    labels = value === undefined ? exceptLabels(labels, [name]) : { ...labels, [name]: value }
  }
  return labels
}

/**
 * setOp combines vectors as sets of match groups. Where neither has two elements with the same labels, the result
 * has none either: equal labels are one group.
 */
export function setOp(op: SetOp, left: Vector, right: Vector, groupOf: LabelGroups): Vector {
  const groups = new Set<Labels>()
  for (const { labels } of op === 'or' ? left : right) groups.add(groupOf(labels))
  if (op === 'and') return left.filter(({ labels }) => groups.has(groupOf(labels)))
  if (op === 'unless') return left.filter(({ labels }) => !groups.has(groupOf(labels)))
  return [...left, ...right.filter(({ labels }) => !groups.has(groupOf(labels)))]
}
