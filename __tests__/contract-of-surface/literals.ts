/** Literal is one text that a source file holds. */
export interface Literal {
  line: number
  /** As written; what a template puts in stands as `…`. */
  text: string
  /** What stands before each bracket that it is in, from the outermost on. */
  inside: readonly string[]
}

const quotes = ['"', "'", '`']
/** After these a slash begins a regular expression. */
const beforeExpression = /(?:^|[(,=:[!&|?{};>+-]|\breturn|\bcase)\s*$/

/** SourceParts is a TypeScript text taken apart. */
interface SourceParts {
  /** Strings and templates, those inside of templates too. */
  literals: Literal[]
  /** What is left without them and without comments, line by line. */
  code: string
}

/** sourceParts reads a TypeScript text. */
export function sourceParts(source: string): SourceParts {
  const literals: Literal[] = []
  let kept = ''
  const inside: string[] = []
  let position = 0
  let line = 1

  function next(length = 1): string {
    const text = source.slice(position, position + length)
    line += text.split('\n').length - 1
    position += length
    return text
  }

  /** Keeps the lines apart. */
  function leaveOut(text: string): void {
    kept += text.replace(/[^\n]/g, '')
  }

  function skipTo(end: string): void {
    const until = source.indexOf(end, position)
    leaveOut(next(until < 0 ? source.length - position : until + end.length - position))
  }

  function expression(): void {
    next()
    for (let inClass = false; position < source.length; ) {
      const char = next()
      if (char === '\\') next()
      else if (char === '[') inClass = true
      else if (char === ']') inClass = false
      else if (char === '\n' || (char === '/' && !inClass)) {
        leaveOut(char)
        return
      }
    }
  }

  function literal(): void {
    const [quote, begun] = [next(), line]
    let text = ''
    kept += ' '
    while (position < source.length && source[position] !== quote) {
      if (source[position] === '\\') text += next(2)
      else if (quote === '`' && source.startsWith('${', position)) {
        next(2)
        code('}')
        next()
        kept += ' '
        text += '…'
      } else {
        text += next()
        leaveOut(text.slice(-1))
      }
    }
    next()
    literals.push({ line: begun, text, inside: [...inside] })
  }

  function code(end: string | null): void {
    while (position < source.length && source[position] !== end) {
      const char = source[position] as string
      const before = kept.slice(-60)
      if (quotes.includes(char)) literal()
      else if (source.startsWith('//', position)) skipTo('\n')
      else if (source.startsWith('/*', position)) skipTo('*/')
      else if (char === '/' && beforeExpression.test(before)) expression()
      else if (char === '(' || char === '{') {
        inside.push(before.trimEnd())
        kept += next()
        code(char === '(' ? ')' : '}')
        kept += next()
        inside.pop()
      } else kept += next()
    }
  }

  code(null)
  return { literals, code: kept }
}
