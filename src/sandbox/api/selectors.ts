import type { KubeObject } from '../../release/kubernetes.ts'
import { badRequest } from './answers.ts'

type Labels = Readonly<Record<string, string>>

/** ObjectMatcher tells whether labels are selected. */
type ObjectMatcher = (labels: Labels) => boolean

interface Token {
  type: 'word' | 'symbol' | 'end'
  text: string
}

/**
 * labelMatcher reads a label selector (`a=b,c!=d,e in (f,g),h notin (i),j,!k`).
 * Throws a 400 in the API's words for anything else.
 */
export function labelMatcher(selector: string): ObjectMatcher {
  const parser = new Parser(tokens(selector))
  const matchers = parser.selector()
  return (labels) => matchers.every((matcher) => matcher(labels))
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  for (const [part] of text.matchAll(/==|!=|[!=<>(),]|[^!=<>(),\s]+/g)) {
    found.push({ type: /^[!=<>(),]/.test(part) ? 'symbol' : 'word', text: part })
  }
  found.push({ type: 'end', text: '' })
  return found
}

class Parser {
  private readonly tokens: Token[]
  private position = 0

  constructor(list: Token[]) {
    this.tokens = list
  }

  selector(): ObjectMatcher[] {
    const matchers: ObjectMatcher[] = []
    while (true) {
      const token = this.peek()
      if (token.type === 'end') return matchers
      if (token.type !== 'word' && token.text !== '!') {
        throw badRequest(`found '${token.text}', expected: !, identifier, or 'end of string'`)
      }
      matchers.push(this.requirement())
      const next = this.next()
      if (next.type === 'end') return matchers
      if (next.text !== ',') throw badRequest(`found '${next.text}', expected: ',' or 'end of string'`)
      if (this.peek().type === 'end') throw badRequest("found '', expected: identifier after ','")
    }
  }

  private requirement(): ObjectMatcher {
    if (this.peek().text === '!') {
      this.next()
      const key = this.word('identifier')
      return (labels) => labels[key] === undefined
    }
    const key = this.word('identifier')
    const operator = this.peek()
    if (operator.type === 'end' || operator.text === ',') return (labels) => labels[key] !== undefined
    this.next()
    if (operator.text === '=' || operator.text === '==') {
      const value = this.value()
      return (labels) => labels[key] === value
    }
    if (operator.text === '!=') {
      const value = this.value()
      return (labels) => labels[key] !== value
    }
    if (operator.text === 'in' || operator.text === 'notin') {
      const values = this.values()
      const wanted = operator.text === 'in'
      return (labels) => (values.includes(labels[key] ?? '') && labels[key] !== undefined) === wanted
    }
    throw badRequest(
      `unable to parse requirement: found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`,
    )
  }

  private value(): string {
    const token = this.peek()
    if (token.type === 'end' || token.text === ',') return ''
    return this.word('identifier')
  }

  private values(): string[] {
    const open = this.next()
    if (open.text !== '(') throw badRequest(`unable to parse requirement: found '${open.text}' expected: '('`)
    const values: string[] = []
    while (true) {
      values.push(this.value())
      const token = this.next()
      if (token.text === ')') return values
      if (token.text !== ',') {
        throw badRequest(`unable to parse requirement: found '${token.text}', expected: ',' or ')'`)
      }
    }
  }

  private word(expected: string): string {
    const token = this.next()
    if (token.type !== 'word') {
      throw badRequest(`unable to parse requirement: found '${token.text}', expected: ${expected}`)
    }
    return token.text
  }

  private peek(): Token {
    return this.tokens[this.position] as Token
  }

  private next(): Token {
    const token = this.peek()
    if (token.type !== 'end') this.position++
    return token
  }
}

const fields: Record<string, (object: KubeObject) => unknown> = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
}

const podFields: Record<string, (object: KubeObject) => unknown> = {
  'spec.nodeName': (object) => object.spec?.nodeName ?? '',
  'status.phase': (object) => (object.status as { phase?: string } | undefined)?.phase ?? '',
  'status.podIP': (object) => (object.status as { podIP?: string } | undefined)?.podIP ?? '',
}

/** fieldMatcher reads a field selector over the fields that the kind supports; throws a 400 otherwise. */
export function fieldMatcher(selector: string, kind: string): (object: KubeObject) => boolean {
  const supported = kind === 'Pod' ? { ...fields, ...podFields } : fields
  const tests = selector
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^([^!=]+)(==|!=|=)(.*)$/.exec(part)
      if (match === null) throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`)
      const [, field, operator, value] = match as unknown as [string, string, string, string]
      const read = supported[field]
      if (read === undefined) throw badRequest(`field label not supported: ${field}`)
      return (object: KubeObject) => (read(object) === value) === (operator !== '!=')
    })
  return (object) => tests.every((test) => test(object))
}
