import type { Scope } from './pair.ts'
import type { Rule } from './rule.ts'

/** previewName names the rules that a preview puts in: by it they are found and taken out again. */
export function previewName(scope: Scope): string {
  return `shiftgate-preview-${scope.service}-${scope.namespace}`
}

/** isPreview tells whether a rule is one of a preview. */
export function isPreview(rule: Rule, scope: Scope): boolean {
  return rule.name === previewName(scope)
}
