import type { SyntaxNode } from '@lezer/common'
import type { PromqlError } from './error.ts'
import type { Expr } from './tree.ts'

/** PromqlSource is a query's text, and the way to the parts of it. */
export interface PromqlSource {
  text(node: SyntaxNode): string
  expr(node: SyntaxNode): Expr
  fail(node: SyntaxNode | null, message: string): PromqlError
}

/** argumentsOf gives what stands between a call's parentheses. */
export function argumentsOf(source: PromqlSource, node: SyntaxNode): Expr[] {
  const body = node.getChild('FunctionCallBody')
  return body === null ? [] : children(body).map((child) => source.expr(child))
}

/** children gives the parts of a node, without comments. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'LineComment') found.push(child)
  }
  return found
}
