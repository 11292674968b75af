import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { oneLine } from '../../src/release/text/plain-text.ts'
import {
  httpAddress,
  markdownBlock,
  markdownCode,
  markdownLink,
  markdownText,
} from '../../src/report/markdown/text.ts'

const gap = '\u200b'

describe('markdownText', () => {
  const cases: [string, string, string][] = [
    ['a table cell', 'a | b \\| c', 'a &#124; b &#92;&#124; c'],
    ['HTML', '<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['a comment that would hide the rest', 'x <!-- y', 'x &lt;!-- y'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['a mention', 'ping @octocat and @shop/team', `ping @${gap}octocat and @${gap}shop/team`],
    ['a reference', 'fixes #12, GH-7', `fixes #${gap}12, GH${gap}-7`],
    ['a link', '[click](javascript:alert(1))', '&#91;click&#93;(javascript:alert(1))'],
    [
      'a bare address',
      'see https://evil.test or www.evil.test',
      `see https:${gap}//evil.test or www${gap}.evil.test`,
    ],
    [
      'emphasis and code',
      '*a* _b_ ~~c~~ `d`',
      '&#42;a&#42; &#95;b&#95; &#126;&#126;c&#126;&#126; &#96;d&#96;',
    ],
    ['a formula', '$x$', '<span>$</span>x<span>$</span>'],
    ['line breaks', 'a\r\n\n## b', 'a ## b'],
    ['terminal sequences and reversed text', '\u001b[31mred\u202edlrow', '&#91;31mred dlrow'],
  ]
  test.each(cases)('%s', (_name, text, shown) => {
    expect(markdownText(text)).toBe(shown)
  })

  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'|<>`*_[]()~$@#\\&!\n\r\u0000:/w.-12aé😀') }),
  )

  test('leaves nothing that could be structure, and loses nothing', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const shown = markdownText(text, 10_000)
        const bare = shown.replaceAll('<span>$</span>', '')
        expect(bare).not.toMatch(/[<>|\\`*_~[\]$\n\r]/)
        expect(shown.replaceAll('<span>$</span>', '$')).not.toMatch(/@[\w-]|:\/\/|(^|[^&])#\d/)
        expect(decoded(shown)).toBe(oneLine(text, 10_000))
      }),
      { numRuns: 500 },
    )
  })

  test('is never longer than asked, before it is escaped, and never cuts a character in two', () => {
    expect(decoded(markdownText('😀'.repeat(20), 10))).toBe('😀😀😀😀…')
  })
})

describe('markdownCode and markdownBlock', () => {
  test.each([
    ['kubectl get vs', '`kubectl get vs`'],
    ['a`b', '``a`b``'],
    ['`', '`` ` ``'],
    ['', '` `'],
    ['a\nb', '`a b`'],
  ])('%j', (text, shown) => {
    expect(markdownCode(text)).toBe(shown)
  })

  test('a block has a longer fence than any inside', () => {
    expect(markdownBlock('```\nx\n````', 'sh')).toBe('`````sh\n```\nx\n````\n`````')
  })
})

describe('markdownLink', () => {
  test.each([
    ['https://github.com/a/b/actions/runs/1', '[run](https://github.com/a/b/actions/runs/1)'],
    ['https://x.test/a) [b](https://y.test', '[run](https://x.test/a%29%20%5Bb%5D%28https://y.test)'],
    ['javascript:alert(1)', 'run'],
    ['https://user:secret@x.test/', 'run'],
    ['no address', 'run'],
    [null, 'run'],
  ])('%s', (address, shown) => {
    expect(markdownLink('run', address)).toBe(shown)
  })

  test('gives addresses that end nothing', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        expect(httpAddress(url) ?? '').not.toMatch(/[()<>[\]|`\\'"*_~$@\s]/)
      }),
    )
  })
})

function decoded(markdown: string): string {
  const names: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return markdown
    .replaceAll(gap, '')
    .replaceAll('<span>$</span>', '$')
    .replace(/&(?:#(\d+)|(\w+));/g, (_all, code, name) =>
      code ? String.fromCodePoint(Number(code)) : (names[name] as string),
    )
}
