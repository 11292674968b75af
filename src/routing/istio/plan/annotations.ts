import type { RoutingSnapshot } from '../snapshot.ts'
import { addAnnotationEdits, type Edits, toWrites } from './edits.ts'
import { type AnnotationChanges, type Plan, refusal } from './plan.ts'

/** planAnnotations changes annotations and nothing else. */
export function planAnnotations(snapshot: RoutingSnapshot, changes: AnnotationChanges): Plan {
  const edits: Edits = new Map()
  const problems = addAnnotationEdits(snapshot, edits, changes)
  return problems.length > 0
    ? refusal(...problems)
    : { ok: true, writes: toWrites(edits, null), warnings: [] }
}
