import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { logJson, logText } from '../../src/release/text/log-text.ts'
import { oneLine } from '../../src/release/text/plain-text.ts'

// What char.IsWhiteSpace of .NET calls white space.
const trimmed = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/** obeyed lists the lines that a runner takes for commands, as its ActionCommand.TryParseV2 and TryParse find them. */
function obeyed(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.replace(trimmed, '').startsWith('::') || line.includes('##['))
}

const pieces = fc.constantFrom(
  ...[
    '::',
    ':',
    '##[',
    '##',
    '#',
    '[',
    ']',
    '.',
    ' ',
    '\t',
    '\u0085',
    '\u00a0',
    '\u2003',
    '\u2028',
    '\u200b',
  ],
  ...[
    '\ufeff',
    '\n',
    '\r',
    '\r\n',
    'set-output name=a::b',
    'add-mask',
    '\\',
    '\u001b[2K',
    '\u202e',
    'vso[',
    'a',
  ],
)
const hostile = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))

describe('text for a log', () => {
  test.each([
    ['::set-output name=a::b', '\\::set-output name=a::b'],
    ['  \u0085\u2003::error::x', '  \u0085\u2003\\::error::x'],
    ['a\n::error::x\r\u00a0::debug::y', 'a\n\\::error::x\r\u00a0\\::debug::y'],
    ['.##[set-env name=A]b', '.##\\[set-env name=A]b'],
    ['###[##[', '###\\[##\\['],
    ['##vso[task.setvariable]', '##\\vso[task.setvariable]'],
    ['a::b, C::D', 'a::b, C::D'],
  ])('%j becomes %j', (text, harmless) => {
    expect(logText(text)).toBe(harmless)
  })

  test('is never obeyed, and is what it was but for backslashes', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const harmless = logText(text)
        expect(obeyed(harmless)).toEqual([])
        expect(harmless.replaceAll('\\', '')).toBe(text.replaceAll('\\', ''))
        expect(logText(harmless)).toBe(harmless)
      }),
    )
    // The oracle knows a command when it sees one.
    expect(obeyed('\u0085::warning::x\n.##[debug]')).toHaveLength(2)
  })

  test('outside text on one line of a log has no line feeds, escapes or hidden characters', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => {
        const line = logText(oneLine(text))
        expect(obeyed(line)).toEqual([])
        expect(line).not.toMatch(
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
          /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/,
        )
      }),
    )
  })

  test('JSON stays JSON of the same values', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const json = logJson(JSON.stringify({ [text]: [text] }, null, 2))
        expect(JSON.parse(json)).toEqual({ [text]: [text] })
        expect(obeyed(json)).toEqual([])
      }),
    )
  })
})
