import type { SyntaxNode } from '@lezer/common'
import type { SeriesMatcher } from '../storage.ts'
import { children, type PromqlSource } from './source.ts'
import { anchored, durationMs, numberOf, stringOf } from './text.ts'
import type { Selector } from './tree.ts'

/** parseSelector reads a bare selector: a name and matchers. */
export function parseSelector(source: PromqlSource, node: SyntaxNode): Selector {
  const matchers: SeriesMatcher[] = []
  const name = node.getChild('Identifier')
  if (name !== null) matchers.push(matcherOf('__name__', '=', source.text(name)))
  const list = node.getChild('LabelMatchers')
  for (const child of list === null ? [] : children(list)) {
    if (child.name !== 'UnquotedLabelMatcher')
      throw source.fail(child, 'quoted label names are not supported')
    const [label, op, value] = children(child)
    if (label === undefined || op === undefined || value === undefined) {
      throw source.fail(child, 'unexpected end of label matcher')
    }
    matchers.push(
      matcherOf(source.text(label), source.text(op) as SeriesMatcher['op'], stringOf(source.text(value))),
    )
  }
  if (matchers.every((matcher) => matcher.test(''))) {
    throw source.fail(node, 'vector selector must contain at least one non-empty matcher')
  }
  return { kind: 'selector', matchers, range: null, offset: 0, at: null }
}

/** matcherOf makes a matcher; expressions match whole values. */
function matcherOf(label: string, op: SeriesMatcher['op'], value: string): SeriesMatcher {
  if (op === '=') return { label, op, value, test: (text) => text === value }
  if (op === '!=') return { label, op, value, test: (text) => text !== value }
  const expression = anchored(value)
  return op === '=~'
    ? { label, op, value, test: (text) => expression.test(text) }
    : { label, op, value, test: (text) => !expression.test(text) }
}

/** isModifier tells whether a node adds a range, an offset or an @ to a selector. */
export function isModifier(node: SyntaxNode): boolean {
  return ['MatrixSelector', 'OffsetExpr', 'StepInvariantExpr'].includes(node.name)
}

/** withModifier adds what one modifier says to a selector. */
export function withModifier(source: PromqlSource, node: SyntaxNode, selector: Selector): Selector {
  if (node.name === 'MatrixSelector') return withRange(source, node, selector)
  return node.name === 'OffsetExpr' ? withOffset(source, node, selector) : fixed(source, node, selector)
}

function withRange(source: PromqlSource, node: SyntaxNode, selector: Selector): Selector {
  const length = node.getChild('DurationExpr')
  if (length === null) throw source.fail(node, 'unexpected end of range')
  if (selector.range !== null || selector.offset !== 0 || selector.at !== null) {
    throw source.fail(node, 'no modifiers allowed before range')
  }
  return { ...selector, range: durationIn(source, length) }
}

function withOffset(source: PromqlSource, node: SyntaxNode, selector: Selector): Selector {
  const length = node.getChild('OffsetDurationExpr')
  if (length === null) throw source.fail(node, 'unexpected end of offset')
  if (selector.offset !== 0) throw source.fail(node, 'offset may not be set multiple times')
  const sign = source.text(length).startsWith('-') ? -1 : 1
  return { ...selector, offset: sign * durationIn(source, length) }
}

function fixed(source: PromqlSource, node: SyntaxNode, selector: Selector): Selector {
  if (selector.at !== null) throw source.fail(node, '@ <timestamp> may not be set multiple times')
  const bound = node.getChild('AtModifierPreprocessors')
  if (bound !== null) return { ...selector, at: source.text(bound).startsWith('start') ? 'start' : 'end' }
  const literal = node.getChild('NumberDurationLiteral')
  const value = literal === null ? null : numberOf(source.text(literal))
  if (value === null || !Number.isFinite(value))
    throw source.fail(node, 'timestamp out of bounds for @ modifier')
  return { ...selector, at: Math.round(value * 1000) }
}

function durationIn(source: PromqlSource, node: SyntaxNode): number {
  const text = source.text(node).replace(/^[+-]\s*/, '')
  const ms = durationMs(text)
  if (ms === null) throw source.fail(node, `not a valid duration string: "${text}"`)
  return ms
}
