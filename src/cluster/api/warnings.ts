import { toOneLine } from './status.ts'

const warning = /(?:^|[\s,])\d{3} \S+ "((?:[^"\\]|\\.)*)"/g

/** parseWarnings gives the texts of an answer's `Warning` headers (RFC 7234 5.5), in order, each once. */
export function parseWarnings(headers: readonly string[]): string[] {
  const texts = headers.flatMap((header) =>
    [...header.matchAll(warning)].map(([, text = '']) => toOneLine(text.replace(/\\(.)/g, '$1'))),
  )
  return [...new Set(texts)]
}
