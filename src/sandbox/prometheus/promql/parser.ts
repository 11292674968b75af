import type { SyntaxNode } from '@lezer/common'
import { parser } from '@prometheus-io/lezer-promql'
import { checkTypes } from './check.ts'
import { PromqlError } from './error.ts'
import { parseAggregate, parseBinary } from './operators.ts'
import { isModifier, parseSelector, withModifier } from './selector.ts'
import { argumentsOf, children, type PromqlSource } from './source.ts'
import { numberOf, stringOf } from './text.ts'
import { type Expr, functions } from './tree.ts'

/**
 * parsePromql reads a query of the subset that the sandbox evaluates. It throws PromqlError `bad_data` for
 * what isn't PromQL, and for PromQL outside the subset, saying so.
 */
export function parsePromql(query: string): Expr {
  const tree = parser.parse(query)
  const source = sourceOf(query)
  const broken = firstError(tree.topNode)
  if (query.trim() === '') throw new PromqlError('bad_data', '1:1: parse error: no expression found in input')
  if (broken !== null) throw source.fail(broken, unexpected(query, broken))
  const root = tree.topNode.firstChild
  if (root === null) throw new PromqlError('bad_data', '1:1: parse error: no expression found in input')
  const expr = source.expr(root)
  checkTypes(expr)
  return expr
}

function sourceOf(query: string): PromqlSource {
  const source: PromqlSource = {
    text: (node) => query.slice(node.from, node.to),
    expr: (node) => exprOf(source, node),
    fail: (node, message) =>
      new PromqlError('bad_data', `${placeOf(query, node?.from ?? 0)}: parse error: ${message}`),
  }
  return source
}

function exprOf(source: PromqlSource, node: SyntaxNode): Expr {
  switch (node.name) {
    case 'ParenExpr':
      return source.expr(onlyChild(source, node))
    case 'NumberDurationLiteral': {
      const value = numberOf(source.text(node))
      if (value === null) throw source.fail(node, `unexpected duration "${source.text(node)}"`)
      return { kind: 'number', value }
    }
    case 'StringLiteral':
      return { kind: 'string', value: stringOf(source.text(node)) }
    case 'VectorSelector':
      return parseSelector(source, node)
    case 'MatrixSelector':
    case 'OffsetExpr':
    case 'StepInvariantExpr':
      return modified(source, node)
    case 'UnaryExpr':
      return negated(source.text(node), source.expr(node.lastChild as SyntaxNode))
    case 'FunctionCall':
      return callOf(source, node)
    case 'AggregateExpr':
      return parseAggregate(source, node)
    case 'BinaryExpr':
      return parseBinary(source, node)
    default:
      throw source.fail(node, `${node.name} is outside the subset of PromQL that the sandbox evaluates`)
  }
}

/**
 * modified applies what follows an operand (range, offset, @) to that operand alone. The grammar lets it take a
 * whole operation on its left; in PromQL it binds tighter than any operator.
 */
function modified(source: PromqlSource, node: SyntaxNode): Expr {
  const chain: SyntaxNode[] = []
  let inner = node
  for (; isModifier(inner); inner = onlyChild(source, inner)) chain.unshift(inner)
  const within = (operand: SyntaxNode): Expr => {
    if (operand.name === 'BinaryExpr') return parseBinary(source, operand, within)
    if (operand.name === 'UnaryExpr')
      return negated(source.text(operand), within(operand.lastChild as SyntaxNode))
    const base = operand.name === 'VectorSelector' || isModifier(operand) ? source.expr(operand) : null
    if (base?.kind !== 'selector')
      throw source.fail(operand, `a modifier has to follow a selector, not ${operand.name}`)
    return chain.reduce((selector, modifier) => withModifier(source, modifier, selector), base)
  }
  return within(inner)
}

function negated(text: string, arg: Expr): Expr {
  if (text.startsWith('+')) return arg
  return arg.kind === 'number' ? { kind: 'number', value: -arg.value } : { kind: 'negate', arg }
}

function callOf(source: PromqlSource, node: SyntaxNode): Expr {
  const name = source.text(node.getChild('FunctionIdentifier') as SyntaxNode)
  if (!Object.hasOwn(functions, name)) {
    throw source.fail(node, `unknown function with name "${name}" (the sandbox evaluates a subset)`)
  }
  return { kind: 'call', name, args: argumentsOf(source, node) }
}

function onlyChild(source: PromqlSource, node: SyntaxNode): SyntaxNode {
  const child = children(node)[0]
  if (child === undefined) throw source.fail(node, 'no expression found in input')
  return child
}

function firstError(node: SyntaxNode): SyntaxNode | null {
  if (node.type.isError) return node
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    const found = firstError(child)
    if (found !== null) return found
  }
  return null
}

function unexpected(query: string, node: SyntaxNode): string {
  const rest = query.slice(node.from, Math.max(node.to, node.from + 1)).trim()
  return rest === '' ? 'unexpected end of input' : `unexpected "${rest}"`
}

function placeOf(query: string, position: number): string {
  const before = query.slice(0, position).split('\n')
  return `${before.length}:${(before.at(-1) as string).length + 1}`
}
