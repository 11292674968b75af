import type { Write } from '../../../release/kubernetes.ts'

/** Problem is why something can't be planned, or what a reader should know although it can. */
export interface Problem {
  /** Stable code: an Istio analyzer code (`IST0101`) where one exists, else ours (`SG…`-prefixed words). */
  code: string
  /** `VirtualService shop/my-api`, or null where it is about no single object. */
  object: string | null
  text: string
  remedy: string | null
}

/** Plan is every write that an aim needs, in order, or why there is none. Nothing is half planned. */
export type Plan = { ok: true; writes: Write[]; warnings: Problem[] } | { ok: false; problems: Problem[] }

/** Annotations to set (text) or remove (null) in the same patch as the routes, by object (`refText`). */
export type AnnotationChanges = Readonly<Record<string, Readonly<Record<string, string | null>>>>

/** problem builds a Problem; `object` is `refText` of what it is about. */
export function problem(
  code: string,
  object: string | null,
  text: string,
  remedy: string | null = null,
): Problem {
  return { code, object, text, remedy }
}

/** refusal is a plan that writes nothing. */
export function refusal(...problems: Problem[]): Plan {
  return { ok: false, problems }
}
