import { PromqlError } from './error.ts'
import { type Expr, functions, isComparison, isSetOp, typeOf, type ValueType } from './tree.ts'

const names: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
}

/** checkTypes throws PromqlError `bad_data` where an expression is given another type than it takes. */
export function checkTypes(expr: Expr): void {
  if (expr.kind === 'negate') {
    checkTypes(expr.arg)
    const type = typeOf(expr.arg)
    if (type === 'matrix' || type === 'string') {
      throw refusal(
        `unary expression only allowed on expressions of type scalar or instant vector, got "${names[type]}"`,
      )
    }
  }
  if (expr.kind === 'call') checkCall(expr.name, expr.args)
  if (expr.kind === 'aggregate') {
    expect(expr.arg, 'vector', 'aggregation expression')
    if (expr.param !== null) expect(expr.param, 'scalar', 'aggregation parameter')
  }
  if (expr.kind === 'binary') checkBinary(expr)
}

function checkCall(name: string, args: readonly Expr[]): void {
  const signature = functions[name]
  if (signature === undefined) return
  if (args.length !== signature.args.length) {
    throw refusal(`expected ${signature.args.length} argument(s) in call to "${name}", got ${args.length}`)
  }
  for (const [index, arg] of args.entries()) {
    expect(arg, signature.args[index] as ValueType, `call to function "${name}"`)
  }
}

function checkBinary(expr: Extract<Expr, { kind: 'binary' }>): void {
  const sides = [expr.left, expr.right]
  for (const side of sides) {
    checkTypes(side)
    const type = typeOf(side)
    if (type !== 'scalar' && type !== 'vector') {
      throw refusal('binary expression must contain only scalar and instant vector types')
    }
  }
  const scalars = sides.filter((side) => typeOf(side) === 'scalar').length
  if (scalars === 2 && isComparison(expr.op) && !expr.bool) {
    throw refusal('comparisons between scalars must use BOOL modifier')
  }
  if (scalars > 0 && isSetOp(expr.op)) {
    throw refusal(`set operator "${expr.op}" not allowed in binary scalar expression`)
  }
  if (
    scalars > 0 &&
    (expr.matching.on || expr.matching.labels.length > 0 || expr.matching.card !== 'one-to-one')
  ) {
    throw refusal('vector matching only allowed between instant vectors')
  }
}

function expect(expr: Expr, wanted: ValueType, where: string): void {
  checkTypes(expr)
  const type = typeOf(expr)
  if (type !== wanted) throw refusal(`expected type ${names[wanted]} in ${where}, got ${names[type]}`)
}

function refusal(message: string): PromqlError {
  return new PromqlError('bad_data', `1:1: parse error: ${message}`)
}
