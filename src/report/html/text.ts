import { manyLines, oneLine } from '../../release/text/plain-text.ts'

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** htmlText shows outside text in HTML or SVG, as content or as a quoted attribute, on one line. */
export function htmlText(text: string, limit = 1000): string {
  return escaped(oneLine(text, limit))
}

/** htmlBlock shows outside text of several lines, for a <pre>. */
export function htmlBlock(text: string, limit = 8000): string {
  return escaped(manyLines(text, limit))
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] as string)
}
