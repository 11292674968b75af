import type { RoutingSnapshot } from '../release/kubernetes.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'
import { type Edits, withAnnotations, writesOf } from './write.ts'

/** planAnnotations changes annotations and nothing else. */
export function planAnnotations(snapshot: RoutingSnapshot, changes: AnnotationChanges): Plan {
  const edits: Edits = new Map()
  const problems = withAnnotations(snapshot, edits, changes)
  return problems.length > 0
    ? refusal(...problems)
    : { ok: true, writes: writesOf(edits, null), warnings: [] }
}
