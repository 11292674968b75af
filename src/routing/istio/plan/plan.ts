import type { Write } from '../../../release/kubernetes.ts'
import type { Problem } from '../../problem.ts'

/** Plan is every write that a change needs, in order, or why there is none. Nothing is half planned. */
export type Plan = { ok: true; writes: Write[]; warnings: Problem[] } | { ok: false; problems: Problem[] }

/** Annotations to set (text) or remove (null) in the same patch as the routes, by object (`refText`). */
export type AnnotationChanges = Readonly<Record<string, Readonly<Record<string, string | null>>>>

/** refusal is a plan that writes nothing. */
export function refusal(...problems: Problem[]): Plan {
  return { ok: false, problems }
}
