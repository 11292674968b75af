/** FaultKind is what happens to a request instead of its answer, or before it. */
export type FaultKind =
  /** Answered with this code at once, nothing done. */
  | { status: number; headers?: Readonly<Record<string, string>>; body?: unknown }
  /** Never answered; the connection stays open. */
  | { hang: true; done?: boolean }
  /** The connection is reset; with `done` the request has had its effect before. */
  | { reset: true; done?: boolean }
  /** Answered after so many real milliseconds. */
  | { delay: number }

/** FaultTarget is what a fault's predicate sees of a request. */
export interface FaultTarget {
  method: string
  path: string
  query: string
  user: string
  body: string
}

/** Faults are the failures that tests ask for, the oldest first. */
export interface Faults {
  /** fail lets the next `times` requests that match go wrong; the returned function takes that back. */
  fail(matches: (request: FaultTarget) => boolean, fault: FaultKind, times?: number): () => void
  /** take gives the fault for a request, and counts it. */
  take(request: FaultTarget): FaultKind | null
  clear(): void
}

/** createFaults makes an empty list of faults. */
export function createFaults(): Faults {
  let faults: { matches: (request: FaultTarget) => boolean; fault: FaultKind; left: number }[] = []
  return {
    fail(matches, fault, times = 1) {
      const ordered = { matches, fault, left: times }
      faults.push(ordered)
      return () => {
        faults = faults.filter((other) => other !== ordered)
      }
    },
    take(request) {
      const ordered = faults.find((candidate) => candidate.left > 0 && candidate.matches(request))
      if (ordered === undefined) return null
      ordered.left--
      return ordered.fault
    },
    clear() {
      faults = []
    },
  }
}
