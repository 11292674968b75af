/** Problem is why something can't be planned, or what a reader should know although it can. */
export interface Problem {
  /** Stable code: one of the backend's own analyzer (`IST0101`) where it exists, else ours (`SG-…`). */
  code: string
  /** The object that it is about, as people write it (`VirtualService shop/my-api`); null: no single one. */
  object: string | null
  text: string
  remedy: string | null
}

/** problem builds a Problem. */
export function problem(
  code: string,
  object: string | null,
  text: string,
  remedy: string | null = null,
): Problem {
  return { code, object, text, remedy }
}
