import type { SyntaxNode } from '@lezer/common'
import { argumentsOf, children, type PromqlSource } from './source.ts'
import {
  type AggregateOp,
  type ArithmeticOp,
  type ComparisonOp,
  type Expr,
  isComparison,
  isSetOp,
  type Matching,
  type SetOp,
} from './tree.ts'

const aggregates: readonly string[] = ['sum', 'min', 'max', 'avg', 'count', 'topk', 'bottomk', 'group']
const operators: readonly string[] = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '==',
  '!=',
  '>',
  '<',
  '>=',
  '<=',
  'and',
  'or',
  'unless',
]

/** parseAggregate reads `sum by (…) (…)` and its like. */
export function parseAggregate(source: PromqlSource, node: SyntaxNode): Expr {
  const op = source.text(node.getChild('AggregateOp') as SyntaxNode).toLowerCase()
  if (!aggregates.includes(op)) {
    throw source.fail(
      node,
      `the aggregation ${op} is outside the subset of PromQL that the sandbox evaluates`,
    )
  }
  const modifier = node.getChild('AggregateModifier')
  const args = argumentsOf(source, node)
  const wanted = op === 'topk' || op === 'bottomk' ? 2 : 1
  const arg = args.at(-1)
  if (args.length !== wanted || arg === undefined) {
    throw source.fail(
      node,
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    )
  }
  return {
    kind: 'aggregate',
    op: op as AggregateOp,
    grouping: labelsIn(source, modifier),
    without: modifier !== null && /^without/i.test(source.text(modifier)),
    param: wanted === 2 ? (args[0] as Expr) : null,
    arg,
  }
}

/** parseBinary reads an operator with its sides and the way their vectors match; `rightOf` reads the right side. */
export function parseBinary(source: PromqlSource, node: SyntaxNode, rightOf = source.expr): Expr {
  const parts = children(node)
  const [first, middle] = parts
  const last = parts.at(-1)
  if (first === undefined || middle === undefined || last === undefined || last === middle) {
    throw source.fail(node, 'unexpected end of input')
  }
  const op = source.text(middle).toLowerCase()
  if (!operators.includes(op)) {
    throw source.fail(node, `the operator ${op} is outside the subset of PromQL that the sandbox evaluates`)
  }
  const bool = node.getChild('BoolModifier')
  if (bool !== null && !isComparison(op))
    throw source.fail(bool, 'bool modifier can only be used on comparison operators')
  const left = source.expr(first)
  // The grammar counts a sign to the number; a power binds tighter than it.
  const signed = op === '^' && left.kind === 'number' && source.text(first).startsWith('-')
  const expr: Expr = {
    kind: 'binary',
    op: op as ArithmeticOp | ComparisonOp | SetOp,
    bool: bool !== null,
    matching: matchingOf(source, node, op),
    left: signed ? { kind: 'number', value: -left.value } : left,
    right: rightOf(last),
  }
  return signed ? { kind: 'negate', arg: expr } : expr
}

function matchingOf(source: PromqlSource, node: SyntaxNode, op: string): Matching {
  const clause =
    node.getChild('MatchingModifierClause') ??
    node.getChild('BoolModifier')?.getChild('MatchingModifierClause') ??
    null
  if (clause === null) return { on: false, labels: [], card: 'one-to-one', include: [] }
  const lists = clause.getChildren('GroupingLabels')
  const toLeft = clause.getChild('GroupLeft') !== null
  const toRight = clause.getChild('GroupRight') !== null
  const on = clause.getChild('On') !== null
  const labels = lists[0] === undefined ? [] : namesIn(source, lists[0])
  const include = lists[1] === undefined ? [] : namesIn(source, lists[1])
  if (isSetOp(op) && (toLeft || toRight))
    throw source.fail(clause, `no grouping allowed for "${op}" operation`)
  const doubled = on ? include.find((name) => labels.includes(name)) : undefined
  if (doubled !== undefined) {
    throw source.fail(clause, `label "${doubled}" must not occur in ON and GROUP clause at once`)
  }
  return { on, labels, include, card: toLeft ? 'many-to-one' : toRight ? 'one-to-many' : 'one-to-one' }
}

function labelsIn(source: PromqlSource, modifier: SyntaxNode | null): string[] {
  const list = modifier?.getChild('GroupingLabels') ?? null
  return list === null ? [] : namesIn(source, list)
}

function namesIn(source: PromqlSource, list: SyntaxNode): string[] {
  return children(list).map((child) => source.text(child))
}
