import type { SeriesMatcher } from '../storage.ts'

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string'

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^'
export type ComparisonOp = '==' | '!=' | '>' | '<' | '>=' | '<='
export type SetOp = 'and' | 'or' | 'unless'
export type AggregateOp = 'sum' | 'min' | 'max' | 'avg' | 'count' | 'topk' | 'bottomk' | 'group'

/** Matching says how the elements of two vectors find each other. */
export interface Matching {
  on: boolean
  labels: readonly string[]
  card: 'one-to-one' | 'many-to-one' | 'one-to-many'
  include: readonly string[]
}

export interface Selector {
  kind: 'selector'
  matchers: readonly SeriesMatcher[]
  /** ms; null for an instant vector. */
  range: number | null
  /** ms; positive looks back. */
  offset: number
  /** ms since the epoch, or the query's own bounds. */
  at: number | 'start' | 'end' | null
}

/** Expr is a query as the evaluator walks it. */
export type Expr =
  | { kind: 'number'; value: number }
  | { kind: 'string'; value: string }
  | Selector
  | { kind: 'call'; name: string; args: readonly Expr[] }
  | {
      kind: 'aggregate'
      op: AggregateOp
      grouping: readonly string[]
      without: boolean
      param: Expr | null
      arg: Expr
    }
  | {
      kind: 'binary'
      op: ArithmeticOp | ComparisonOp | SetOp
      bool: boolean
      matching: Matching
      left: Expr
      right: Expr
    }
  | { kind: 'negate'; arg: Expr }

const comparisons: readonly string[] = ['==', '!=', '>', '<', '>=', '<=']
const setOps: readonly string[] = ['and', 'or', 'unless']

export function isComparison(op: string): op is ComparisonOp {
  return comparisons.includes(op)
}

export function isSetOp(op: string): op is SetOp {
  return setOps.includes(op)
}

/** Signature of a function of the subset: the types it takes and what it gives. */
interface Signature {
  args: readonly ValueType[]
  result: ValueType
}

const overRange: Signature = { args: ['matrix'], result: 'vector' }

/** functions is the subset of PromQL's functions that the sandbox evaluates. */
export const functions: Readonly<Record<string, Signature>> = {
  rate: overRange,
  increase: overRange,
  irate: overRange,
  delta: overRange,
  changes: overRange,
  resets: overRange,
  last_over_time: overRange,
  max_over_time: overRange,
  min_over_time: overRange,
  avg_over_time: overRange,
  sum_over_time: overRange,
  count_over_time: overRange,
  vector: { args: ['scalar'], result: 'vector' },
  scalar: { args: ['vector'], result: 'scalar' },
  time: { args: [], result: 'scalar' },
  timestamp: { args: ['vector'], result: 'vector' },
  histogram_quantile: { args: ['scalar', 'vector'], result: 'vector' },
  label_replace: { args: ['vector', 'string', 'string', 'string', 'string'], result: 'vector' },
  absent: { args: ['vector'], result: 'vector' },
  clamp: { args: ['vector', 'scalar', 'scalar'], result: 'vector' },
  clamp_min: { args: ['vector', 'scalar'], result: 'vector' },
  clamp_max: { args: ['vector', 'scalar'], result: 'vector' },
}

/** typeOf gives the type of an expression's value. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar'
    case 'string':
      return 'string'
    case 'selector':
      return expr.range === null ? 'vector' : 'matrix'
    case 'call':
      return functions[expr.name]?.result ?? 'vector'
    case 'aggregate':
      return 'vector'
    case 'negate':
      return typeOf(expr.arg)
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector'
  }
}
