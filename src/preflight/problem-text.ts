import type { Problem } from '../routing/problem.ts'

/** problemText writes a problem without its remedy: code, object, the change that it stands against, and what it is. */
export function problemText({ code, object, text }: Problem, change?: string): string {
  return `${code}${object ? ` ${object}` : ''}${change === undefined ? '' : ` (${change})`}: ${text}`
}
