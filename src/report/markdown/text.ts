import { manyLines, oneLine } from '../../release/text/plain-text.ts'

// A character reference can never be part of Markdown's structure (CommonMark 2.5), in a table cell neither,
// where a backslash before a pipe depends on the backslashes before it.
const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '|': '&#124;',
  '\\': '&#92;',
  '`': '&#96;',
  '*': '&#42;',
  _: '&#95;',
  '~': '&#126;',
  '[': '&#91;',
  ']': '&#93;',
  // GitHub reads a pair of dollars as a formula; a span around it is its documented way out.
  $: '<span>$</span>',
}

const gap = '\u200b'

/**
 * markdownText shows outside text in a paragraph, a list, a table cell or a <summary>: it stays on its line, forms
 * no structure, no HTML, no link, and mentions nobody. Mentions, references and bare addresses are found in the
 * *rendered* text, so that escaping doesn't stop them; a zero-width space inside them does.
 */
export function markdownText(text: string, limit = 500): string {
  return oneLine(text, limit)
    .replace(/[&<>"|\\`*_~[\]$]/g, (char) => entities[char] as string)
    .replace(/@/g, `@${gap}`)
    .replace(/(^|[^&])#(?=\d)/g, `$1#${gap}`)
    .replace(/\b(gh)-(?=\d)/gi, `$1${gap}-`)
    .replace(/:\/\//g, `:${gap}//`)
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}${gap}.`)
    .replace(/\b(mailto|xmpp):/gi, `$1${gap}:`)
}

/** markdownCode shows outside text as a code span, exactly as it is to be copied. Not for table cells. */
export function markdownCode(text: string, limit = 500): string {
  const inner = oneLine(text, limit)
  if (inner === '') return '` `'
  const fence = '`'.repeat(longestRun(inner) + 1)
  const pad = inner.startsWith('`') || inner.endsWith('`') ? ' ' : ''
  return `${fence}${pad}${inner}${pad}${fence}`
}

/** markdownBlock shows outside text as a fenced block, whose fence is longer than any inside. */
export function markdownBlock(text: string, language = '', limit = 4000): string {
  const inner = manyLines(text, limit)
  const fence = '`'.repeat(Math.max(3, longestRun(inner) + 1))
  return `${fence}${language}\n${inner}\n${fence}`
}

/** markdownLink gives a link to an http(s) address, or the words alone where it isn't one. */
export function markdownLink(words: string, address: string | null): string {
  const safe = httpAddress(address)
  return safe === null ? markdownText(words) : `[${markdownText(words)}](${safe})`
}

/** httpAddress gives an address that may be linked, with all that could end a Markdown link encoded; else null. */
export function httpAddress(address: string | null): string | null {
  if (address === null || !URL.canParse(address)) return null
  const url = new URL(address)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null
  if (url.username !== '' || url.password !== '') return null
  return url.href.replace(
    /[()<>[\]|`\\'"*_~$@]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length))
}
