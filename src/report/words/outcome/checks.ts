import type { Finding } from '../../../release/record/record.ts'
import { plural } from '../../../release/text/figures.ts'

/** refusedChecksMessage says everything that stands in the way of a release at once, and what to do about it. */
export function refusedChecksMessage(errors: readonly Pick<Finding, 'text' | 'remedy'>[]): string {
  const lines = errors.map(({ text, remedy }) => (remedy ? `${text} ${remedy}` : text))
  return `Nothing was changed. ${lines.join(' ')}`
}

/** failedChecksMessage names the checks that failed, each once; their answers stand beside it. */
export function failedChecksMessage(ids: readonly string[]): string {
  return `Nothing was changed. ${plural(ids.length, 'check')} failed: ${[...new Set(ids)].join(', ')}.`
}
