import { PromqlError } from '../promql/error.ts'
import { parsePromql } from '../promql/parser.ts'
import { goFloat } from '../promql/text.ts'
import { typeOf } from '../promql/tree.ts'
import { labelsKey, type Storage } from '../storage.ts'
import type { Labels } from '../target.ts'
import { createEvaluation, type EvaluationRules, type Value } from './evaluator.ts'

type Point = [number, string]

/** QueryData is the `data` of an answer to a query, as the HTTP API gives it. */
type QueryData =
  | { resultType: 'scalar' | 'string'; result: Point }
  | { resultType: 'vector'; result: { metric: Labels; value: Point }[] }
  | { resultType: 'matrix'; result: { metric: Labels; values: Point[] }[] }

/** instantQuery answers a query at one moment (ms since the epoch). It throws PromqlError. */
export function instantQuery(
  storage: Storage,
  query: string,
  time: number,
  rules: EvaluationRules,
): QueryData {
  const expr = parsePromql(query)
  const evaluation = createEvaluation(storage, expr, rules, { start: time, end: time })
  if (expr.kind === 'selector' && expr.range !== null) {
    const result = evaluation.windows(expr, time).map(({ series, window }) => ({
      metric: series.labels,
      values: window.times.map((at, index): Point => [at / 1000, goFloat(window.values[index] as number)]),
    }))
    return { resultType: 'matrix', result }
  }
  const value = evaluation.at(time)
  if (value.type === 'scalar') return { resultType: 'scalar', result: [time / 1000, goFloat(value.value)] }
  if (value.type === 'string') return { resultType: 'string', result: [time / 1000, value.value] }
  return {
    resultType: 'vector',
    result: value.vector.map((element) => ({
      metric: element.labels,
      value: [time / 1000, goFloat(element.value)],
    })),
  }
}

/** rangeQuery answers a query at every step from start to end, in ms. It throws PromqlError. */
export function rangeQuery(
  storage: Storage,
  query: string,
  span: { start: number; end: number; step: number },
  rules: EvaluationRules,
): QueryData {
  const expr = parsePromql(query)
  const type = typeOf(expr)
  if (type === 'matrix' || type === 'string') {
    const name = type === 'matrix' ? 'range vector' : 'string'
    throw new PromqlError(
      'bad_data',
      `invalid expression type "${name}" for range query, must be Scalar or instant Vector`,
    )
  }
  const evaluation = createEvaluation(storage, expr, rules, span)
  const rows = new Map<string, { metric: Labels; values: Point[] }>()
  for (let time = span.start; time <= span.end; time += span.step) {
    for (const element of elementsOf(evaluation.at(time))) {
      const key = labelsKey(element.labels)
      const row = rows.get(key) ?? { metric: element.labels, values: [] }
      row.values.push([time / 1000, goFloat(element.value)])
      rows.set(key, row)
    }
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  return { resultType: 'matrix', result: sorted }
}

function elementsOf(value: Value): { labels: Labels; value: number }[] {
  if (value.type === 'vector') return value.vector
  return value.type === 'scalar' ? [{ labels: {}, value: value.value }] : []
}
