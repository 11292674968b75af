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

/** problemText writes a problem without its remedy; `change` is what it stands against. */
export function problemText({ code, object, text }: Problem, change?: string): string {
  return `${code}${object ? ` ${object}` : ''}${change === undefined ? '' : ` (${change})`}: ${text}`
}

/** problemWithRemedy writes a problem and what to do about it. */
export function problemWithRemedy(found: Problem): string {
  return `${problemText(found)}${found.remedy ? ` ${found.remedy}` : ''}`
}

/** sameProblem tells whether two problems say the same. */
export function sameProblem(left: Problem, right: Problem): boolean {
  return problemText(left) === problemText(right)
}
