import { type Expr, isSetOp, type Selector } from '../promql/tree.ts'
import { firstAfter, labelsKey, type Storage, type StoredSeries } from '../storage.ts'
import { aggregate } from './aggregate.ts'
import { scalarOp, setOp, withScalar, withVector } from './binary.ts'
import { histogramQuantile } from './histogram.ts'
import { absentLabels, labelReplace } from './label-functions.ts'
import { groupBy, type LabelGroups } from './label-groups.ts'
import { rangeFunctions, type Window } from './range-functions.ts'
import { distinct, type Vector, withoutName } from './vector.ts'

export type Value =
  | { type: 'scalar'; value: number }
  | { type: 'string'; value: string }
  | { type: 'vector'; vector: Vector }

/** EvaluationRules are what differs between versions of Prometheus. */
export interface EvaluationRules {
  /** How far an instant selector looks back, in ms. */
  lookback: number
  /** A range holds the sample exactly at its start: `closed` as up to 2.x, `open` as since 3.0. */
  rangeStart: 'closed' | 'open'
}

/** Evaluation answers one query; `start` and `end` are the query's bounds in ms, for `@ start()` and `@ end()`. */
interface Evaluation {
  /** at gives the value at one moment in ms. */
  at(time: number): Value
  /** windows gives the raw samples of a range selector. */
  windows(selector: Selector, time: number): { series: StoredSeries; window: Window }[]
}

/** createEvaluation prepares an expression: each selector finds its series once, each label set its group once. */
export function createEvaluation(
  storage: Storage,
  expr: Expr,
  rules: EvaluationRules,
  bounds: { start: number; end: number },
): Evaluation {
  const found = new Map<Selector, StoredSeries[]>()
  const grouped = new Map<readonly string[], LabelGroups>()
  const context: Context = {
    rules,
    bounds,
    series(selector) {
      const known = found.get(selector)
      if (known !== undefined) return known
      const selected = storage
        .select(selector.matchers)
        .sort((a, b) => (labelsKey(a.labels) < labelsKey(b.labels) ? -1 : 1))
      found.set(selector, selected)
      return selected
    },
    groups(names, mode) {
      const known = grouped.get(names)
      if (known !== undefined) return known
      const made = groupBy(names, mode)
      grouped.set(names, made)
      return made
    },
  }
  return {
    at: (time) => evaluate(context, expr, time),
    windows: (selector, time) => windowsOf(context, selector, time),
  }
}

interface Context {
  rules: EvaluationRules
  bounds: { start: number; end: number }
  series(selector: Selector): StoredSeries[]
  /** groups gives the groups of a place in the expression; its list of names is told by identity. */
  groups(names: readonly string[], mode: 'only' | 'except'): LabelGroups
}

/** All labels of a histogram's series but these tell histograms apart. */
const bucketLabels = ['le']

function evaluate(context: Context, expr: Expr, time: number): Value {
  switch (expr.kind) {
    case 'number':
      return { type: 'scalar', value: expr.value }
    case 'string':
      return { type: 'string', value: expr.value }
    case 'selector':
      return {
        type: 'vector',
        vector: instant(context, expr, time).map(({ labels, value }) => ({ labels, value })),
      }
    case 'negate':
      return negated(evaluate(context, expr.arg, time))
    case 'call':
      return called(context, expr.name, expr.args, time)
    case 'binary':
      return combined(context, expr, time)
    case 'aggregate': {
      const param = expr.param === null ? 0 : scalarOf(context, expr.param, time)
      const groups = context.groups(expr.grouping, expr.without ? 'except' : 'only')
      return { type: 'vector', vector: aggregate(expr.op, vectorOf(context, expr.arg, time), groups, param) }
    }
  }
}

function moment(context: Context, selector: Selector, time: number): number {
  const { at } = selector
  const base =
    at === null ? time : at === 'start' ? context.bounds.start : at === 'end' ? context.bounds.end : at
  return base - selector.offset
}

/** instant gives the newest sample of each series at the moment, unless it is too old or a staleness marker. */
function instant(
  context: Context,
  selector: Selector,
  time: number,
): { labels: StoredSeries['labels']; value: number; time: number }[] {
  const end = moment(context, selector, time)
  const { lookback, rangeStart } = context.rules
  return context.series(selector).flatMap((series) => {
    const index = firstAfter(series.times, end) - 1
    const value = series.values[index] ?? null
    const sampled = series.times[index] ?? Number.NEGATIVE_INFINITY
    const fresh = rangeStart === 'closed' ? sampled >= end - lookback : sampled > end - lookback
    return value === null || !fresh ? [] : [{ labels: series.labels, value, time: sampled }]
  })
}

/** windowsOf gives the samples of each series in the range that ends at the moment; empty ones are left out. */
function windowsOf(
  context: Context,
  selector: Selector,
  time: number,
): { series: StoredSeries; window: Window }[] {
  const end = moment(context, selector, time)
  const start = end - (selector.range ?? 0)
  const from = context.rules.rangeStart === 'closed' ? start - 1 : start
  return context.series(selector).flatMap((series) => {
    const times: number[] = []
    const values: number[] = []
    const last = firstAfter(series.times, end)
    for (let index = firstAfter(series.times, from); index < last; index += 1) {
      const value = series.values[index] ?? null
      if (value === null) continue
      times.push(series.times[index] as number)
      values.push(value)
    }
    return times.length === 0 ? [] : [{ series, window: { times, values, start, end } }]
  })
}

function negated(value: Value): Value {
  if (value.type === 'scalar') return { type: 'scalar', value: -value.value }
  if (value.type === 'string') return value
  const vector = value.vector.map((element) => ({
    labels: withoutName(element.labels),
    value: -element.value,
  }))
  return { type: 'vector', vector: distinct(vector) }
}

function combined(context: Context, expr: Extract<Expr, { kind: 'binary' }>, time: number): Value {
  const left = evaluate(context, expr.left, time)
  const right = evaluate(context, expr.right, time)
  if (left.type === 'string' || right.type === 'string') return left
  const { matching } = expr
  const groups = context.groups(matching.labels, matching.on ? 'only' : 'except')
  if (isSetOp(expr.op)) {
    return { type: 'vector', vector: setOp(expr.op, elementsOf(left), elementsOf(right), groups) }
  }
  if (left.type === 'scalar' && right.type === 'scalar') {
    return { type: 'scalar', value: scalarOp(expr.op, left.value, right.value) }
  }
  if (left.type === 'vector' && right.type === 'vector') {
    const vector = withVector(expr.op, expr.bool, left.vector, right.vector, matching, groups)
    return { type: 'vector', vector: distinct(vector) }
  }
  const scalarLeft = left.type === 'scalar'
  const scalar = left.type === 'scalar' ? left.value : right.type === 'scalar' ? right.value : 0
  const vector = withScalar(expr.op, expr.bool, elementsOf(scalarLeft ? right : left), scalar, scalarLeft)
  return { type: 'vector', vector: distinct(vector) }
}

function elementsOf(value: Value): Vector {
  return value.type === 'vector' ? value.vector : []
}

function vectorOf(context: Context, expr: Expr | undefined, time: number): Vector {
  return expr === undefined ? [] : elementsOf(evaluate(context, expr, time))
}

function scalarOf(context: Context, expr: Expr | undefined, time: number): number {
  const value = expr === undefined ? null : evaluate(context, expr, time)
  return value?.type === 'scalar' ? value.value : Number.NaN
}

function stringOf(expr: Expr | undefined): string {
  return expr?.kind === 'string' ? expr.value : ''
}

function called(context: Context, name: string, args: readonly Expr[], time: number): Value {
  const [first, second, third] = args
  const ranged = rangeFunctions[name]
  if (ranged !== undefined && first?.kind === 'selector') {
    const vector = windowsOf(context, first, time).flatMap(({ series, window }) => {
      const value = ranged(window)
      const labels = name === 'last_over_time' ? series.labels : withoutName(series.labels)
      return value === null ? [] : [{ labels, value }]
    })
    return { type: 'vector', vector: distinct(vector) }
  }
  if (name === 'time') return { type: 'scalar', value: time / 1000 }
  if (name === 'vector')
    return { type: 'vector', vector: [{ labels: {}, value: scalarOf(context, first, time) }] }
  if (name === 'scalar') {
    const vector = vectorOf(context, first, time)
    return { type: 'scalar', value: vector.length === 1 ? (vector[0]?.value ?? Number.NaN) : Number.NaN }
  }
  return {
    type: 'vector',
    vector: distinct(vectorCall(context, name, [first, second, third, ...args.slice(3)], time)),
  }
}

function vectorCall(
  context: Context,
  name: string,
  args: readonly (Expr | undefined)[],
  time: number,
): Vector {
  const [first, second, third] = args
  const vector = (arg: Expr | undefined) => vectorOf(context, arg, time)
  const scalar = (arg: Expr | undefined) => scalarOf(context, arg, time)
  switch (name) {
    case 'timestamp':
      return timestamps(context, first, time)
    case 'histogram_quantile':
      return histogramQuantile(scalar(first), vector(second), context.groups(bucketLabels, 'except'))
    case 'label_replace': {
      const texts = args.slice(1, 5).map(stringOf) as [string, string, string, string]
      return labelReplace(vector(first), texts)
    }
    case 'absent': {
      const labels = absentLabels(first?.kind === 'selector' ? first : null)
      return vector(first).length > 0 ? [] : [{ labels, value: 1 }]
    }
    case 'clamp':
      return clamped(vector(first), scalar(second), scalar(third))
    case 'clamp_min':
      return clamped(vector(first), scalar(second), Number.POSITIVE_INFINITY)
    case 'clamp_max':
      return clamped(vector(first), Number.NEGATIVE_INFINITY, scalar(second))
    default:
      throw new Error(`No evaluation for the function ${name}.`)
  }
}

function timestamps(context: Context, arg: Expr | undefined, time: number): Vector {
  if (arg?.kind === 'selector') {
    return instant(context, arg, time).map((sample) => ({
      labels: withoutName(sample.labels),
      value: sample.time / 1000,
    }))
  }
  return vectorOf(context, arg, time).map(({ labels }) => ({
    labels: withoutName(labels),
    value: time / 1000,
  }))
}

function clamped(vector: Vector, low: number, high: number): Vector {
  if (high < low) return []
  return vector.map(({ labels, value }) => ({
    labels: withoutName(labels),
    value: Math.max(low, Math.min(high, value)),
  }))
}
