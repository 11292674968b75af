import type { OptionCodec, ParseResult } from './codec.ts'

const mostWords = 64
const write = 'write words between spaces, in quotes where they hold spaces'

/**
 * readArgv reads a command as a list of words, without a shell: single quotes keep everything, in double quotes a
 * backslash escapes a quote or itself. Nothing is expanded.
 */
function readArgv(text: string): ParseResult<string[]> {
  const words: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const found = /^(?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"])+/s.exec(rest)?.[0]
    if (found === undefined) return { wrong: `has a quote that nothing closes: ${write}`, hide: true }
    words.push(unquoted(found))
    rest = rest.slice(found.length).trimStart()
  }
  if (words.length > mostWords || words.some((word) => word.includes('\0')) || !words[0]) {
    return { wrong: `is no command of at most ${mostWords} words: ${write}`, hide: true }
  }
  return { value: words }
}

function unquoted(word: string): string {
  return word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"/gs, (_, single?: string, double?: string) =>
    single === undefined ? (double ?? '').replace(/\\(["\\])/g, '$1') : single,
  )
}

/** argv is the codec of commands. */
export const argv: OptionCodec<string[]> = {
  fromText: readArgv,
  schema: () => ({ type: 'string', minLength: 1 }),
}
