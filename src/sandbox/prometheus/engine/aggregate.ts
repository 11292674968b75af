import type { AggregateOp } from '../promql/tree.ts'
import type { Labels } from '../target.ts'
import type { LabelGroups } from './label-groups.ts'
import type { Vector } from './vector.ts'

/** aggregate folds each group of a vector into one element; topk and bottomk keep `param` of each group. */
export function aggregate(op: AggregateOp, vector: Vector, groupOf: LabelGroups, param: number): Vector {
  const groups = new Map<Labels, Vector>()
  for (const element of vector) {
    const labels = groupOf(element.labels)
    const members = groups.get(labels)
    if (members === undefined) groups.set(labels, [element])
    else members.push(element)
  }
  if (op === 'topk' || op === 'bottomk') {
    return [...groups.values()].flatMap((members) => ranked(members, param, op === 'topk'))
  }
  return [...groups].map(([labels, members]) => ({ labels, value: folded(op, members) }))
}

/** ranked keeps the k first; NaN ranks last either way. */
function ranked(members: Vector, k: number, largestFirst: boolean): Vector {
  const count = Math.min(members.length, Math.trunc(k))
  if (!(count >= 1)) return []
  const rank = (value: number): number => {
    if (Number.isNaN(value)) return Number.NEGATIVE_INFINITY
    return largestFirst ? value : -value
  }
  return [...members]
    .sort((a, b) => {
      const [left, right] = [rank(a.value), rank(b.value)]
      if (left === right) return Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value))
      return right > left ? 1 : -1
    })
    .slice(0, count)
}

function folded(op: Exclude<AggregateOp, 'topk' | 'bottomk'>, members: Vector): number {
  const values = members.map((member) => member.value)
  switch (op) {
    case 'sum':
      return values.reduce((sum, value) => sum + value, 0)
    case 'count':
      return values.length
    case 'group':
      return 1
    case 'avg':
      return runningMean(values)
    case 'max':
      return values.reduce((best, value) => (best < value || Number.isNaN(best) ? value : best))
    case 'min':
      return values.reduce((best, value) => (best > value || Number.isNaN(best) ? value : best))
  }
}

/** runningMean updates the mean value by value, as Prometheus does, so that large sums don't overflow. */
function runningMean(values: readonly number[]): number {
  let mean = 0
  for (const [index, value] of values.entries()) {
    const count = index + 1
    if (Math.abs(mean) === Number.POSITIVE_INFINITY && !Number.isNaN(value)) {
      if (Number.isFinite(value) || value === mean) continue
    }
    mean += value / count - mean / count
  }
  return mean
}
