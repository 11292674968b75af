// Control characters, and those that turn or hide the text around them: soft hyphen, bidirectional marks, zero
// width, BOM, interlinear marks, tags.
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]+/gu

/**
 * oneLine makes outside text safe to show on one line of anything: no line breaks, no terminal sequences, no
 * characters that reverse or hide others, no more than `limit` characters (cut text ends in `…`).
 */
export function oneLine(text: string, limit = 500): string {
  const flat = prefixOf(text, limit).replace(unseen, ' ').replace(/ {2,}/g, ' ').trim()
  return clip(flat, limit)
}

/** manyLines does the same for text of several lines, which keeps its line feeds and leading spaces. */
export function manyLines(text: string, limit = 4000): string {
  const lines = prefixOf(text, limit).replace(/\r\n?/g, '\n').split('\n')
  return clip(lines.map((line) => line.replace(unseen, ' ').trimEnd()).join('\n'), limit)
}

/** clip cuts text to `limit` characters, never through the middle of a surrogate pair. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cut = text.slice(0, Math.max(0, limit - 1))
  const last = cut.charCodeAt(cut.length - 1)
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`
}

// Texts from outside can be megabytes: only the part that can be shown is worked on.
function prefixOf(text: string, limit: number): string {
  return text.length <= 4 * limit ? text : `${text.slice(0, 4 * limit)}…`
}
