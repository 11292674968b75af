import type { OptionCodec } from './codec.ts'

const header = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\x20-\x7e\x80-\xff]*?)[ \t]*$/

/**
 * headers reads `Name: value`, one a line. Only a line feed, or a carriage return before one, ends a line: any other
 * control character would end a header where nobody meant it, and is refused here.
 */
export const headers: OptionCodec<Record<string, string>> = {
  fromText(text) {
    const found: Record<string, string> = {}
    for (const line of text.split(/\r?\n/).filter((each) => each.trim() !== '')) {
      const [, name, value] = header.exec(line) ?? []
      if (name === undefined || value === undefined) {
        return { wrong: 'has a line that is not a header: write "Name: value", one a line', hide: true }
      }
      if (Object.keys(found).some((other) => other.toLowerCase() === name.toLowerCase())) {
        return { wrong: `names the header ${name} twice`, hide: true }
      }
      found[name] = value
    }
    return { value: found }
  },
  schema: () => ({ type: 'string' }),
}
